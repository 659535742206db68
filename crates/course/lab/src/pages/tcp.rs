//! `/tcp`: a form, and what came of it.

use std::fmt::Write;
use std::time::Duration;

use wirelab::sim::ArrowLink;
use wirelab::tcpip::tcp::Info;

use super::picture;
use crate::html::{Tab, escape, page};
use crate::tcp::choice::{CHOICES, Choice};
use crate::tcp::number::{NUMBERS, Number};
use crate::tcp::parameters::Parameters;
use crate::tcp::run::{Ending, MOST_STEPS, Run};
use crate::tcp::shown::Packet;
use crate::tcp::world::End;

/// The page of a run.
pub fn html(run: &Run) -> String {
    let main = format!(
        "{}{}<p class=\"verdict\">{}</p>\n{}{}{}{}",
        introduction(),
        form(&run.parameters),
        summary(run),
        ladder(run),
        ends(run),
        packets(run),
        chart(run)
    );
    page(Tab::Tcp, "TCP", &main)
}

/// The form alone, and what is wrong.
pub fn refused(why: &str) -> String {
    let main = format!(
        "{}<p class=\"verdict\" role=\"alert\"><strong>{}</strong></p>\n{}",
        introduction(),
        escape(why),
        form(&Parameters::default())
    );
    page(Tab::Tcp, "TCP", &main)
}

/// The same for terminals.
pub fn text(run: &Run) -> String {
    let mut out = format!("{}\n\n{}\n", summary(run), run.ladder());
    let _ = writeln!(out, "After event {} of {}, at {}:\n", run.shown().end, run.events(), run.moment());
    for (name, of) in ROWS {
        let [ours, theirs] = [0, 1].map(|at| run.ends.get(at).map(of).unwrap_or_default());
        let _ = writeln!(out, "{name:>24}  {ours:<16} {theirs}");
    }
    let _ = writeln!(out, "\n{}\nThe same again: /tcp?{}", run.chart(), run.parameters.query());
    out
}

fn introduction() -> &'static str {
    "<h1>One transfer over a path of yours</h1>\n<p class=\"lede\">A client sends bytes to a server, and both are our own TCP. Choose the path, \
     predict the picture, and run it: time is virtual, so that a minute takes no longer than the computing, and the same numbers give \
     the same packets.</p>\n"
}

fn form(parameters: &Parameters) -> String {
    let number = |it: &Number| {
        format!(
            "<label>{}<input type=\"number\" name=\"{}\" min=\"{}\" max=\"{}\" value=\"{}\" required></label>\n",
            it.label,
            it.name,
            it.least,
            it.most,
            it.of(parameters)
        )
    };
    let choice = |it: &Choice| {
        let option = |(word, name): (&str, &str)| {
            let selected = if word == it.of(parameters) { " selected" } else { "" };
            format!("<option value=\"{word}\"{selected}>{name}</option>")
        };
        let options: String = it.words().map(option).collect();
        format!("<label>{}<select name=\"{}\">{options}</select></label>\n", it.label, it.name)
    };
    let numbers: String = NUMBERS.iter().map(number).collect();
    let choices: String = CHOICES.iter().map(choice).collect();
    format!(
        "<section aria-labelledby=\"path\">\n<h2 id=\"path\">The path and the ends</h2>\n\
         <form method=\"get\" action=\"/tcp\">\n<div class=\"controls\">\n{numbers}{choices}</div>\n\
         <button>Run</button> <a href=\"/tcp\">Back to the beginning</a>\n</form>\n</section>\n"
    )
}

fn summary(run: &Run) -> String {
    let how = match run.ending {
        Ending::Complete => "and both ends have closed".to_owned(),
        Ending::OutOfTime => "then the minute that a run may last was over".to_owned(),
        Ending::OutOfSteps => format!("then the {MOST_STEPS} steps that a run may take were made"),
        Ending::Stuck => "then nothing was left to happen: an end has given up".to_owned(),
    };
    let counts = run.last.as_ref().map_or(String::new(), |info| {
        format!(
            " Segments that the client sent: {}, {} of them again. Losses found by the timer: {}; without it: {}.",
            info.segments_sent, info.retransmissions, info.timeouts, info.fast_recoveries
        )
    });
    format!(
        "The server read {} of {} bytes in {}, {how}.{counts}",
        run.received,
        run.parameters.bytes,
        run.end()
    )
}

/// The address of the same run with a change.
fn address(parameters: &Parameters, change: impl FnOnce(&mut Parameters)) -> String {
    let mut changed = parameters.clone();
    change(&mut changed);
    format!("/tcp?{}", changed.query())
}

fn ladder(run: &Run) -> String {
    let shown = run.shown();
    let packets = run.packets();
    let links = packets.iter().map(|packet| {
        let (href, what) = (choice(run, packet)?, choice_in_words(run, packet));
        Some(ArrowLink { href: format!("{href}#ladder"), title: format!("{what} ({})", packet.label) })
    });
    let picture = run.ladder().links(links).svg_without_style("The packets listed below");
    format!(
        "<section aria-labelledby=\"ladder\">\n<h2 id=\"ladder\">Events {} to {} of {}</h2>\n<p>Choose an arrow, and the same transfer is \
         made again with that packet lost. All before it stays as it was. What will TCP do, and how long will it take? (The list below \
         offers the same.)</p>\n{}<div class=\"scroll wide\">{picture}</div>\n\
         <p><a href=\"/tcp.pcapng?{}\" download>The whole run as pcapng</a>, for Wireshark.</p>\n</section>\n",
        shown.start + 1,
        shown.end,
        run.events(),
        stepper(run),
        escape(&run.parameters.query())
    )
}

/// Forward and backward in time.
fn stepper(run: &Run) -> String {
    let (at, all) = (run.shown().end, run.events());
    let step = |until: usize, name: &str| {
        if (1..=all).contains(&until) && until != at {
            let href = escape(&address(&run.parameters, |it| it.until = until));
            format!("<li><a href=\"{href}#ladder\">{name}</a></li>")
        } else {
            format!("<li>{name}</li>")
        }
    };
    format!(
        "<nav aria-label=\"Time\"><ul class=\"stepper\">{}{}{}{}{}{}</ul></nav>\n",
        step(1, "first"),
        step(at.saturating_sub(10), "◀ ten back"),
        step(at.saturating_sub(1), "◀ one back"),
        step(at + 1, "one on ▶"),
        step((at + 10).min(all), "ten on ▶"),
        step(all, "last")
    )
}

type Row = (&'static str, fn(&End) -> String);

const ROWS: &[Row] = &[
    ("state", |end| end.state.clone()),
    ("cwnd", |end| of(end, |info| amount(info.congestion_window))),
    ("ssthresh", |end| of(end, |info| amount(info.slow_start_threshold))),
    ("in flight", |end| of(end, |info| amount(info.in_flight))),
    ("snd_wnd", |end| of(end, |info| amount(info.send_window))),
    ("rcv_wnd", |end| of(end, |info| amount(info.receive_window))),
    ("srtt", |end| of(end, |info| info.smoothed_rtt.map_or_else(|| "—".to_owned(), milliseconds))),
    ("rto", |end| of(end, |info| milliseconds(info.retransmission_timeout))),
    ("duplicate ACKs", |end| of(end, |info| info.duplicate_acknowledgments.to_string())),
    ("sent again", |end| of(end, |info| info.retransmissions.to_string())),
];

fn of(end: &End, what: impl Fn(&Info) -> String) -> String {
    end.info.as_ref().map_or_else(|| "—".to_owned(), what)
}

fn amount(bytes: u32) -> String {
    if bytes >= 0x4000_0000 { "no limit".to_owned() } else { bytes.to_string() }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn ends(run: &Run) -> String {
    let mut rows = String::new();
    for (name, of) in ROWS {
        let cells: String = run.ends.iter().map(|end| format!("<td>{}</td>", escape(&of(end)))).collect();
        rows += &format!("<tr><th scope=\"row\">{name}</th>{cells}</tr>\n");
    }
    format!(
        "<section aria-labelledby=\"ends\">\n<h2 id=\"ends\">Both ends at {}, after event {}</h2>\n<p>Amounts are in bytes. What one \
         moment brings about is taken together: the arrival of a segment, and all that is sent because of it. The client’s program closes as \
         soon as its last bytes are in the send buffer; from then on the state is FIN-WAIT-1, however much is still to be sent.</p>\n\
         <table class=\"plain\"><thead><tr><th></th><th scope=\"col\">client</th><th scope=\"col\">server</th></tr></thead>\n\
         <tbody>\n{rows}</tbody></table>\n</section>\n",
        run.moment(),
        run.shown().end
    )
}

fn packets(run: &Run) -> String {
    let rows: String = run.packets().iter().map(|packet| row(run, packet)).collect();
    format!(
        "<section aria-labelledby=\"packets\">\n<h2 id=\"packets\">Drop a packet</h2>\n<p>The arrows of the picture as a list.</p>\n\
         <div class=\"scroll\"><table class=\"plain\"><thead><tr><th scope=\"col\">sent</th><th scope=\"col\">packet</th>\
         <th scope=\"col\">what</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n</section>\n"
    )
}

fn row(run: &Run, packet: &Packet) -> String {
    let what = choice_in_words(run, packet);
    let act = match choice(run, packet) {
        Some(href) => format!("<a href=\"{}#packets\">{what}</a>", escape(&href)),
        None => what,
    };
    let class = if packet.dropped.is_some() { " class=\"gone\"" } else { "" };
    format!("<tr{class}><td>{}</td><td>{act}</td><td>{}</td></tr>\n", packet.time, escape(&packet.label))
}

/// The address of the same run without this packet; or with it, if it was dropped by name. What chance or the queue has dropped
/// is gone already.
fn choice(run: &Run, packet: &Packet) -> Option<String> {
    let is_open = run.is_chosen(packet) || packet.dropped.is_none();
    let toggle = |it: &mut Parameters| {
        let drops = it.drops_of(packet.from);
        if !drops.remove(&packet.number) {
            drops.insert(packet.number);
        }
    };
    is_open.then(|| address(&run.parameters, toggle))
}

fn choice_in_words(run: &Run, packet: &Packet) -> String {
    let name = format!("{} {}", packet.from, packet.number);
    match packet.dropped {
        _ if run.is_chosen(packet) => format!("let {name} pass again"),
        Some(why) => format!("{name}: {why}"),
        None => format!("drop {name}"),
    }
}

fn chart(run: &Run) -> String {
    let chart = run.chart();
    format!(
        "<section aria-labelledby=\"chart\">\n<h2 id=\"chart\">The whole run</h2>\n<p>Goodput is what the server’s program could read: nothing \
         while a gap is open, and then what was waiting behind it, at once.</p>\n<div class=\"scroll wide\">{}</div>\n</section>\n",
        picture(
            &chart.svg(),
            "Congestion window, ssthresh, what is in flight, the queue and the goodput over time"
        )
    )
}
