//! `/sockets/workers`: who did how much, in each execution model.

use std::fmt::Write;

use wirelab::serve::{Model, Worker};

use crate::html::{Tab, page};
use crate::sockets::workers::Balance;

/// The page, and the same as text.
pub fn pages(balances: &[Balance]) -> (String, String) {
    let sections: String = balances.iter().map(section).collect();
    let sent = balances.first().map_or(0, |balance| balance.sent);
    let main = format!(
        "<h1>Who does the work</h1>\n<p class=\"lede\">One handler, run in {} ways, and for each the same load: {sent} requests in a \
         quarter of a second, each on a connection of its own. It happened just now. Where is the work shared evenly, and who \
         decides it: the program or the kernel?</p>\n{sections}{}",
        balances.len(),
        why()
    );
    (page(Tab::Sockets, "Who does the work", &main), balances.iter().map(text).collect())
}

fn about(model: Model) -> &'static str {
    match model {
        Model::SingleLoop => "One thread accepts, reads, handles and writes.",
        Model::Readers(_) => {
            "One thread accepts, and gives each connection to the reader that has the fewest."
        }
        Model::WorkerPool(_) => {
            "One loop accepts, reads and writes; the handler runs on other threads, whichever is free."
        }
        Model::SharedListener(_) => {
            "All threads accept from one queue. The kernel wakes one of those that wait, and it may be the same again."
        }
        Model::Shards(_) => {
            "Each thread has a listener of its own; a hash of the addresses chooses among them, however busy each is."
        }
        Model::Processes(_) => "A master and its processes, which accept from one queue.",
        Model::ThreadPerConnection => "A thread begins and ends with each connection.",
    }
}

fn section(balance: &Balance) -> String {
    let Balance { model, workers, .. } = balance;
    let rows: String = workers.iter().map(|worker| row(worker, balance)).collect();
    let id = model.name();
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{model}</h2>\n<p>{}</p>\n\
         <div class=\"scroll\"><table class=\"numbers\"><thead><tr><th scope=\"col\">Worker</th><th scope=\"col\">Accepted</th>\
         <th scope=\"col\">Handled</th><th scope=\"col\">Share of the handling</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n\
         </section>\n",
        about(*model)
    )
}

fn row(worker: &Worker, balance: &Balance) -> String {
    let (name, handled) = (worker.name(), worker.handled());
    format!(
        "<tr><th scope=\"row\">{name}</th><td>{}</td><td>{handled}</td>\
         <td><meter min=\"0\" max=\"{}\" value=\"{handled}\">{handled}</meter></td></tr>\n",
        worker.accepted(),
        balance.answered.max(1),
    )
}

fn why() -> &'static str {
    "<section aria-labelledby=\"why\">\n<h2 id=\"why\">Why</h2>\n\
     <p>With a shared queue, the thread that is awake takes what comes, and under a light load one thread can do nearly all of \
     it: uneven, and harmless. Shards are even over many addresses, and stay as they fell: a connection cannot leave a busy \
     shard. Only the models that hand over (readers, worker-pool) look at who has how much before they decide.</p>\n\
     <p>Seven models exist; the one that forks processes needs a program with one thread, and is shown by \
     <code>cargo run --example ch06_process_per_core</code>. All of them side by side, with times: <code>cargo run --release \
     --example ch06_compare_models</code>.</p>\n</section>\n"
}

fn text(balance: &Balance) -> String {
    let mut out = format!("{}: {}\n", balance.model, about(balance.model));
    for worker in &balance.workers {
        let (name, accepted, handled) = (worker.name(), worker.accepted(), worker.handled());
        let _ = writeln!(out, "{name:>28}  accepted {accepted:<5} handled {handled}");
    }
    out + "\n"
}
