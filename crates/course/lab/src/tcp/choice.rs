//! The choices of the form between words.

use wirelab::tcpip::tcp::Algorithm;

use super::parameters::Parameters;

/// A choice in the form between words.
pub struct Choice {
    /// In the query.
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
    options: &'static [Opt],
}

/// What can be chosen.
struct Opt {
    /// In the query.
    word: &'static str,
    /// For people.
    name: &'static str,
    is_in: fn(&Parameters) -> bool,
    put_into: fn(&mut Parameters),
}

/// All choices, in the order of the form.
pub const CHOICES: &[Choice] = &[
    Choice {
        name: "sack",
        label: "SACK",
        options: &[on(|it| it.sack, |it| it.sack = true), off(|it| !it.sack, |it| it.sack = false)],
    },
    Choice {
        name: "nagle",
        label: "Nagle’s algorithm",
        options: &[on(|it| it.nagle, |it| it.nagle = true), off(|it| !it.nagle, |it| it.nagle = false)],
    },
    Choice {
        name: "ack",
        label: "Delayed ACK",
        options: &[
            on(|it| it.delayed_ack, |it| it.delayed_ack = true),
            off(|it| !it.delayed_ack, |it| it.delayed_ack = false),
        ],
    },
    Choice {
        name: "control",
        label: "Congestion control",
        options: &[
            Opt {
                word: "off",
                name: "none",
                is_in: |it| it.control == Algorithm::Off,
                put_into: |it| it.control = Algorithm::Off,
            },
            Opt {
                word: "newreno",
                name: "NewReno",
                is_in: |it| it.control == Algorithm::NewReno,
                put_into: |it| it.control = Algorithm::NewReno,
            },
            Opt {
                word: "cubic",
                name: "CUBIC",
                is_in: |it| it.control == Algorithm::Cubic,
                put_into: |it| it.control = Algorithm::Cubic,
            },
        ],
    },
];

const fn on(is_in: fn(&Parameters) -> bool, put_into: fn(&mut Parameters)) -> Opt {
    Opt { word: "on", name: "on", is_in, put_into }
}

const fn off(is_in: fn(&Parameters) -> bool, put_into: fn(&mut Parameters)) -> Opt {
    Opt { word: "off", name: "off", is_in, put_into }
}

impl Choice {
    /// The words, and what they are called.
    pub fn words(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.options.iter().map(|option| (option.word, option.name))
    }

    /// The word chosen.
    pub fn of(&self, parameters: &Parameters) -> &'static str {
        self.options.iter().find(|option| (option.is_in)(parameters)).map_or("", |option| option.word)
    }

    /// Chooses.
    ///
    /// # Errors
    /// The word is none of them: a sentence for the visitor.
    pub fn set(&self, parameters: &mut Parameters, word: &str) -> Result<(), String> {
        let Some(option) = self.options.iter().find(|option| option.word == word) else {
            let words: Vec<&str> = self.words().map(|(word, _)| word).collect();
            return Err(format!("“{}” must be one of: {}.", self.label, words.join(", ")));
        };
        (option.put_into)(parameters);
        Ok(())
    }
}
