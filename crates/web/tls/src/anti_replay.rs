/// What keeps early data from being taken twice.
#[derive(Debug, Default)]
pub struct AntiReplay;
