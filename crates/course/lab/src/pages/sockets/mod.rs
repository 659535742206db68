//! The pages below `/sockets`, each as HTML and as text.

pub mod nagle;
pub mod queue;
pub mod workers;

use super::picture;
use crate::html::{Tab, page};

/// Address, title, and what is to be predicted.
const EXPERIMENTS: &[(&str, &str, &str)] = &[
    (
        "/sockets/queue",
        "Who waits where",
        "A program stops calling accept, and clients go on connecting. How many succeed, and what do the others see?",
    ),
    (
        "/sockets/workers",
        "Who does the work",
        "One handler, run by one loop, by readers, by a pool, by shards. Which of them share the work evenly?",
    ),
    (
        "/sockets/nagle",
        "Write, write, read",
        "Two small writes, then a wait for the answer, over loopback. How long does it take: microseconds, or tens of \
         milliseconds?",
    ),
];

/// `/sockets`: the list.
pub fn index() -> (String, String) {
    let item = |(address, title, question): &(&str, &str, &str)| {
        format!("<li><a href=\"{address}\">{title}</a><span>{question}</span></li>\n")
    };
    let items: String = EXPERIMENTS.iter().map(item).collect();
    let main = format!(
        "<h1>The kernel’s side of a socket</h1>\n<p class=\"lede\">TCP runs in the kernel, whether the program looks or not. \
         Each of these makes real sockets on this machine and asks the kernel what became of them. Predict the answer \
         first.</p>\n<nav aria-label=\"Experiments\"><ul class=\"cases\">\n{items}</ul></nav>\n"
    );
    let text =
        EXPERIMENTS.iter().map(|(address, title, question)| format!("{address}\n  {title}. {question}\n"));
    (page(Tab::Sockets, "Sockets", &main), text.collect())
}
