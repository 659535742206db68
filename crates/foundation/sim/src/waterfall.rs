use wirelab_sansio::Instant;

/// The chart of several things that take their time side by side: the requests of a page, for one.
///
/// A row is one of them, and its spans say what it was doing when. `Display` is the chart as text, [`svg`](Self::svg) as SVG.
///
/// ```
/// use wirelab_sansio::Instant;
/// use wirelab_sim::{Phase, Row, Waterfall};
///
/// let ms = |n: u64| Instant::from_nanos(n * 1_000_000);
/// let chart = Waterfall::new("Two requests, one connection")
///     .row(Row::new("/").span(Phase::Wait, ms(0), ms(40)).span(Phase::Receive, ms(40), ms(60)))
///     .row(Row::new("/style.css").span(Phase::Blocked, ms(0), ms(60)).span(Phase::Wait, ms(60), ms(100)));
/// assert!(chart.to_string().contains("/style.css"));
/// assert!(chart.svg().starts_with("<svg"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waterfall {
    pub(crate) title: String,
    pub(crate) rows: Vec<Row>,
}

/// One line of a [`Waterfall`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub(crate) name: String,
    pub(crate) spans: Vec<Span>,
}

/// What a row was doing from one moment to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) phase: Phase,
    pub(crate) start: Instant,
    pub(crate) end: Instant,
}

/// What takes time in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Not sent yet: no connection was free, or something else came first.
    Blocked,
    /// A connection is being set up.
    Connect,
    /// The request is being sent.
    Send,
    /// It is sent, and nothing has come back.
    Wait,
    /// The response is coming in.
    Receive,
}

impl Phase {
    pub(crate) const ALL: [Phase; 5] =
        [Phase::Blocked, Phase::Connect, Phase::Send, Phase::Wait, Phase::Receive];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Phase::Blocked => "blocked",
            Phase::Connect => "connect",
            Phase::Send => "send",
            Phase::Wait => "wait",
            Phase::Receive => "receive",
        }
    }
}

impl Row {
    /// A row without spans.
    pub fn new(name: impl Into<String>) -> Self {
        Row { name: name.into(), spans: Vec::new() }
    }

    /// Adds what it did from `start` to `end` (if that is earlier, an instant at `start`).
    #[must_use]
    pub fn span(mut self, phase: Phase, start: Instant, end: Instant) -> Self {
        self.spans.push(Span { phase, start, end: end.max(start) });
        self
    }

    pub(crate) fn ends(&self) -> Option<(Instant, Instant)> {
        let start = self.spans.iter().map(|span| span.start).min()?;
        let end = self.spans.iter().map(|span| span.end).max()?;
        Some((start, end))
    }
}

impl Waterfall {
    /// An empty chart. Its time starts at [`Instant::ZERO`].
    pub fn new(title: impl Into<String>) -> Self {
        Waterfall { title: title.into(), rows: Vec::new() }
    }

    /// Adds a row below the others.
    #[must_use]
    pub fn row(mut self, row: Row) -> Self {
        self.rows.push(row);
        self
    }

    /// The last moment of the chart, in nanoseconds, and at least 1.
    pub(crate) fn length(&self) -> u64 {
        let ends = self.rows.iter().filter_map(Row::ends).map(|(_, end)| end.as_nanos());
        ends.max().unwrap_or(0).max(1)
    }

    /// The phases that occur.
    pub(crate) fn phases(&self) -> impl Iterator<Item = Phase> {
        let occurs =
            |phase: &Phase| self.rows.iter().any(|row| row.spans.iter().any(|span| span.phase == *phase));
        Phase::ALL.into_iter().filter(occurs)
    }

    /// The moments marked on the axis: 0 and the multiples of a round step (1, 2 or 5 and zeros), at most ten of them.
    pub(crate) fn ticks(&self) -> Vec<Instant> {
        let length = self.length();
        let steps = (0..19).flat_map(|zeros| [1, 2, 5].map(|digit| digit * 10_u64.pow(zeros)));
        let step = steps.into_iter().find(|&step| length / step <= 9).unwrap_or(length);
        (0..=length / step).map(|count| Instant::from_nanos(count * step)).collect()
    }
}

/// A moment on the axis, in the largest unit that needs no fraction.
pub(crate) fn tick_label(tick: Instant) -> String {
    match tick.as_nanos() {
        0 => "0".into(),
        n if n % 1_000_000_000 == 0 => format!("{} s", n / 1_000_000_000),
        n if n % 1_000_000 == 0 => format!("{} ms", n / 1_000_000),
        n if n % 1_000 == 0 => format!("{} µs", n / 1_000),
        n => format!("{n} ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Instant {
        Instant::from_nanos(n * 1_000_000)
    }

    #[test]
    fn ticks_are_round_and_at_most_ten() {
        for (length, step, count) in [(9, 1, 10), (10, 2, 6), (99, 10, 10), (100, 20, 6), (1234, 200, 7)] {
            let chart = Waterfall::new("").row(Row::new("").span(Phase::Wait, ms(0), ms(length)));
            let ticks = chart.ticks();
            assert_eq!((ticks[1], ticks.len()), (ms(step), count), "for {length} ms");
        }
    }

    #[test]
    fn the_longest_time_there_is_has_an_axis() {
        let chart =
            Waterfall::new("").row(Row::new("").span(Phase::Wait, ms(0), Instant::from_nanos(u64::MAX)));
        assert!(chart.ticks().len() <= 10, "{:?}", chart.ticks());
        assert!(chart.to_string().contains("wait"));
    }

    #[test]
    fn an_empty_chart_is_drawn_too() {
        assert!(Waterfall::new("nothing").to_string().starts_with("nothing\n"));
        assert!(Waterfall::new("nothing").svg().ends_with("</svg>\n"));
    }
}
