//! What a visitor can choose, from a query and back into one. Every number has its limits.

use std::collections::BTreeSet;

use wirelab::sim::Side;
use wirelab::tcpip::tcp::Algorithm;

use super::choice::CHOICES;
use super::number::NUMBERS;

/// How many packets a visitor may drop by name.
pub const MOST_DROPS: usize = 50;

/// How many events the ladder shows at once, and up to which one if nothing else is asked for.
pub const SHOWN: usize = 60;

/// A path, a transfer over it, and how much of it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Milliseconds in one direction.
    pub delay: u32,
    /// Kilobits in a second, in each direction.
    pub rate: u32,
    /// How many of 100 packets get lost on the way to the server.
    pub loss: u32,
    /// How many packets may wait at the sender's end of the link.
    pub queue: u32,
    /// How many bytes the client sends.
    pub bytes: u32,
    /// How many of them in one write, if there is a pause between writes.
    pub write: u32,
    /// Milliseconds between two writes; 0 writes everything at once.
    pub pause: u32,
    /// What chance begins with.
    pub seed: u32,
    /// Whether both ends offer selective acknowledgments.
    pub sack: bool,
    /// Whether small segments wait.
    pub nagle: bool,
    /// Whether acknowledgments wait.
    pub delayed_ack: bool,
    /// Who decides how much may be on its way.
    pub control: Algorithm,
    /// Packets of the client that are dropped, counted from 1.
    pub drop: BTreeSet<u64>,
    /// The same of the server.
    pub drop_back: BTreeSet<u64>,
    /// The last event that the ladder shows, counted from 1.
    pub until: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters {
            delay: 20,
            rate: 2000,
            loss: 0,
            queue: 10,
            bytes: 60_000,
            write: 100,
            pause: 0,
            seed: 1,
            sack: true,
            nagle: true,
            delayed_ack: true,
            control: Algorithm::Cubic,
            drop: BTreeSet::new(),
            drop_back: BTreeSet::new(),
            until: SHOWN,
        }
    }
}

impl Parameters {
    /// Reads a query; what it does not name stays as it is by default.
    ///
    /// # Errors
    /// A sentence for the visitor: what is wrong, and what is allowed.
    pub fn parse(query: &str) -> Result<Self, String> {
        let mut parameters = Parameters::default();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            parameters.set(name, value)?;
        }
        if parameters.drop.len() + parameters.drop_back.len() > MOST_DROPS {
            return Err(format!("At most {MOST_DROPS} packets can be dropped by name."));
        }
        Ok(parameters)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        if let Some(number) = NUMBERS.iter().find(|number| number.name == name) {
            return number.set(self, value);
        }
        if let Some(choice) = CHOICES.iter().find(|choice| choice.name == name) {
            return choice.set(self, value);
        }
        let counted = || {
            let number = value.parse::<u32>().ok().filter(|&number| number > 0);
            number.ok_or_else(|| format!("“{name}” must be the number of a packet or event, from 1 on."))
        };
        match name {
            "drop" => _ = self.drop.insert(counted()?.into()),
            "drop_back" => _ = self.drop_back.insert(counted()?.into()),
            "until" => self.until = counted()? as usize,
            _ => return Err(format!("There is nothing called “{name}” to choose.")),
        }
        Ok(())
    }

    /// The packets of this end that are dropped by name.
    pub fn drops_of(&mut self, side: Side) -> &mut BTreeSet<u64> {
        if side == Side::Client { &mut self.drop } else { &mut self.drop_back }
    }

    /// The query that [`parse`](Self::parse) reads as these parameters.
    pub fn query(&self) -> String {
        let numbers = NUMBERS.iter().map(|number| format!("{}={}", number.name, number.of(self)));
        let choices = CHOICES.iter().map(|choice| format!("{}={}", choice.name, choice.of(self)));
        let drops = self.drop.iter().map(|number| format!("drop={number}"));
        let back = self.drop_back.iter().map(|number| format!("drop_back={number}"));
        let until = (self.until != SHOWN).then(|| format!("until={}", self.until));
        numbers.chain(choices).chain(drops).chain(back).chain(until).collect::<Vec<_>>().join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_it_was_written() {
        let parameters = Parameters {
            delay: 7,
            sack: false,
            control: Algorithm::NewReno,
            drop: [3, 9].into(),
            drop_back: [2].into(),
            until: 17,
            ..Parameters::default()
        };
        assert_eq!(Parameters::parse(&parameters.query()), Ok(parameters));
        assert_eq!(Parameters::parse(""), Ok(Parameters::default()));
    }

    #[test]
    fn every_number_has_limits_and_what_is_beyond_them_is_refused_with_a_sentence() {
        for number in NUMBERS {
            for allowed in [number.least, number.most] {
                let query = format!("{}={allowed}", number.name);
                assert_eq!(Parameters::parse(&query).map(|it| number.of(&it)), Ok(allowed), "{query}");
            }
            for refused in [(u64::from(number.most) + 1).to_string(), "-1".into(), "x".into(), "1e3".into()] {
                let error = Parameters::parse(&format!("{}={refused}", number.name)).unwrap_err();
                assert!(error.contains(number.label) && error.contains(&number.most.to_string()), "{error}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_refused_with_a_sentence() {
        for (query, says) in [
            ("sack=maybe", "one of: on, off."),
            ("control=bbr", "one of: off, newreno, cubic."),
            ("drop=0", "from 1 on."),
            ("until=", "from 1 on."),
            ("colour=red", "nothing called “colour”"),
        ] {
            let error = Parameters::parse(query).unwrap_err();
            assert!(error.contains(says), "{query}: {error}");
        }
        let many: Vec<String> = (1..=MOST_DROPS + 1).map(|number| format!("drop={number}")).collect();
        assert!(Parameters::parse(&many.join("&")).unwrap_err().starts_with("At most 50"));
    }
}
