//! The client's Finished (RFC 8446 §4.4.4): it is who it says it is, and has seen the same handshake.

use super::{Context, Progress, Step, ticket};
use crate::{Direction, Epoch, Error, Finished};

pub(super) fn receive(
    mut progress: Progress,
    message: &Finished<'_>,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    cx.shared.check_finished(&progress.client, message, &progress.transcript)?;
    progress.transcript.add(bytes);
    let Progress { suite, transcript, client_application, master, .. } = progress;
    let label = "CLIENT_TRAFFIC_SECRET_0";
    cx.shared.keys(Direction::Read, Epoch::Application, suite, &client_application, label);
    let resumption = master.resumption_master(transcript.digest().as_ref(), &mut cx.shared.steps);
    cx.shared.finish();
    ticket::send_all(suite, &resumption, cx)?;
    Ok(Step::Connected)
}
