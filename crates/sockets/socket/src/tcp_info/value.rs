use std::fmt;
use std::time::Duration;

use super::{CongestionState, TcpState};

/// One field of [`TcpInfo`](crate::TcpInfo), with what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpInfoField {
    /// The kernel's name, without `tcpi_`.
    pub name: &'static str,
    /// The value. `Display` writes it with its unit.
    pub value: TcpInfoValue,
    /// The field's documentation.
    pub meaning: &'static str,
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpInfoValue {
    /// Yes or no.
    Flag(bool),
    /// A number and its unit, which may be empty.
    Number(u64, &'static str),
    /// A time.
    Time(Duration),
    /// The connection's state.
    State(TcpState),
    /// Congestion control's state.
    Congestion(CongestionState),
}

impl TcpInfoValue {
    /// Whether it is what a kernel shows that does not know the field.
    pub fn is_zero(&self) -> bool {
        match *self {
            TcpInfoValue::Flag(on) => !on,
            TcpInfoValue::Number(number, _) => number == 0,
            TcpInfoValue::Time(time) => time.is_zero(),
            TcpInfoValue::State(state) => state.0 == 0,
            TcpInfoValue::Congestion(state) => state.0 == 0,
        }
    }
}

/// `yes`, `10 segments`, `0.031 ms`, `ESTABLISHED`.
impl fmt::Display for TcpInfoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            TcpInfoValue::Flag(on) => f.write_str(if on { "yes" } else { "no" }),
            TcpInfoValue::Number(number, "") => write!(f, "{number}"),
            TcpInfoValue::Number(number, unit) => write!(f, "{number} {unit}"),
            TcpInfoValue::Time(time) if time.subsec_micros().is_multiple_of(1000) => {
                write!(f, "{} ms", time.as_millis())
            }
            TcpInfoValue::Time(time) => write!(f, "{}.{:03} ms", time.as_millis(), time.as_micros() % 1000),
            TcpInfoValue::State(state) => state.fmt(f),
            TcpInfoValue::Congestion(state) => state.fmt(f),
        }
    }
}

/// How a field of this type becomes a value; the unit counts for numbers only.
pub(super) trait Shown {
    fn shown(self, unit: &'static str) -> TcpInfoValue;
}

impl Shown for bool {
    fn shown(self, _unit: &'static str) -> TcpInfoValue {
        TcpInfoValue::Flag(self)
    }
}

impl Shown for u8 {
    fn shown(self, unit: &'static str) -> TcpInfoValue {
        TcpInfoValue::Number(self.into(), unit)
    }
}

impl Shown for u16 {
    fn shown(self, unit: &'static str) -> TcpInfoValue {
        TcpInfoValue::Number(self.into(), unit)
    }
}

impl Shown for u32 {
    fn shown(self, unit: &'static str) -> TcpInfoValue {
        TcpInfoValue::Number(self.into(), unit)
    }
}

impl Shown for u64 {
    fn shown(self, unit: &'static str) -> TcpInfoValue {
        TcpInfoValue::Number(self, unit)
    }
}

impl Shown for Duration {
    fn shown(self, _unit: &'static str) -> TcpInfoValue {
        TcpInfoValue::Time(self)
    }
}

impl Shown for TcpState {
    fn shown(self, _unit: &'static str) -> TcpInfoValue {
        TcpInfoValue::State(self)
    }
}

impl Shown for CongestionState {
    fn shown(self, _unit: &'static str) -> TcpInfoValue {
        TcpInfoValue::Congestion(self)
    }
}
