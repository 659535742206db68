//! All that the server promises, in the model that it runs in by default.

mod support;

use support::suite;

suite!(epoll, Model::SingleLoop, Backend::Epoll, [conversation, files, limits, shutdown, signals]);
