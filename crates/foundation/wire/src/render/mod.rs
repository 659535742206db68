//! Explanations as text, HTML and JSON.
//!
//! All three come from an [`Explanation`] and from nothing else, so that they cannot disagree about a byte:
//!
//! | function | for | what it needs |
//! | --- | --- | --- |
//! | [`terminal`] | a person at a terminal, golden files | 100 to 110 columns; colour if [`Style`] says so |
//! | [`html`] | the lab's page and the book | nothing: it folds without a script; [`CSS`] makes it pleasant |
//! | [`json`](json()) | other programs | nothing |
//!
//! [`Explanation`]: crate::Explanation

mod html;
mod json;
mod line;
mod terminal;
mod value;

pub use html::{CSS, HtmlOptions, class_of_value, escape, html, section_address};
pub use json::json;
pub use terminal::{Style, terminal};
