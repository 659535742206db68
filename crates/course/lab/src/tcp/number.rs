//! The numbers of the form.

use super::parameters::Parameters;

/// A number in the form.
pub struct Number {
    /// In the query.
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
    /// The least that is allowed.
    pub least: u32,
    /// The most.
    pub most: u32,
    place: fn(&mut Parameters) -> &mut u32,
}

/// All numbers, in the order of the form.
pub const NUMBERS: &[Number] = &[
    number("delay", "One-way delay, ms", 0, 1000, |it| &mut it.delay),
    number("rate", "Rate, kbit/s", 10, 100_000, |it| &mut it.rate),
    number("loss", "Loss towards the server, %", 0, 50, |it| &mut it.loss),
    number("queue", "Queue, packets", 1, 200, |it| &mut it.queue),
    number("bytes", "Bytes to send", 1, 250_000, |it| &mut it.bytes),
    number("pause", "Pause between writes, ms (0: none)", 0, 1000, |it| &mut it.pause),
    number("write", "Bytes in a write, with pauses", 1, 10_000, |it| &mut it.write),
    number("seed", "Seed of chance", 0, 999_999, |it| &mut it.seed),
];

const fn number(
    name: &'static str,
    label: &'static str,
    least: u32,
    most: u32,
    place: fn(&mut Parameters) -> &mut u32,
) -> Number {
    Number { name, label, least, most, place }
}

impl Number {
    /// Its value.
    pub fn of(&self, parameters: &Parameters) -> u32 {
        *(self.place)(&mut parameters.clone())
    }

    /// Reads it.
    ///
    /// # Errors
    /// It is no number, or beyond the limits: a sentence for the visitor.
    pub fn set(&self, parameters: &mut Parameters, value: &str) -> Result<(), String> {
        let value = value.parse().ok().filter(|value| (self.least..=self.most).contains(value));
        *(self.place)(parameters) = value.ok_or_else(|| {
            format!("“{}” must be a whole number from {} to {}.", self.label, self.least, self.most)
        })?;
        Ok(())
    }
}
