/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Speaks first.
    Client,
    /// Shows its certificate.
    Server,
}
