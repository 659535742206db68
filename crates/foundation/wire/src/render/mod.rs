//! Explanations as text, HTML and JSON.
