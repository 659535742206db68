/// The keys of tickets.
#[derive(Debug)]
pub struct Tickets;
