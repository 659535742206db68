//! All that the server promises, in the model that it runs in by default.

mod suite;
mod support;

use suite::suite;

suite!(epoll, Model::SingleLoop, Backend::Epoll, [conversation, files, limits, shutdown, signals]);
