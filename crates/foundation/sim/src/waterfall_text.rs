use std::fmt;

use wirelab_sansio::Instant;

use crate::text::{printable, shorten, width};
use crate::waterfall::{Phase, Row, Waterfall, tick_label};

/// How many characters the time takes up, and a name at most.
const COLUMNS: u64 = 60;
const NAME: usize = 28;

impl Phase {
    const fn mark(self) -> char {
        match self {
            Phase::Blocked => '·',
            Phase::Connect => '=',
            Phase::Send => '▓',
            Phase::Wait => '░',
            Phase::Receive => '█',
        }
    }
}

impl Waterfall {
    /// The column in which a moment falls.
    fn column(&self, moment: Instant) -> usize {
        let column = u128::from(moment.as_nanos()) * u128::from(COLUMNS) / u128::from(self.length());
        usize::try_from(column).unwrap_or(0)
    }

    fn bar(&self, row: &Row) -> String {
        let mut cells = vec![' '; COLUMNS as usize + 1];
        for span in &row.spans {
            let start = self.column(span.start);
            let end = self.column(span.end).max(start + 1); // what happened is seen, however short
            if let Some(cells) = cells.get_mut(start..end) {
                cells.fill(span.phase.mark());
            }
        }
        cells.into_iter().collect()
    }

    /// The ticks' labels, each beginning where its moment is; every second or third only, when there is no room for more.
    fn axis(&self) -> String {
        let ticks = self.ticks();
        let widest = ticks.iter().map(|&tick| width(&tick_label(tick))).max().unwrap_or(0) + 2;
        let fits = |&stride: &usize| ticks.get(stride).is_none_or(|&tick| self.column(tick) >= widest);
        let stride = (1..=ticks.len()).find(fits).unwrap_or(1);
        let mut axis = String::new();
        for &tick in ticks.iter().step_by(stride) {
            let gap = self.column(tick).saturating_sub(width(&axis));
            axis.push_str(&" ".repeat(gap));
            axis.push('|');
            axis.push_str(&tick_label(tick));
        }
        axis
    }
}

impl fmt::Display for Waterfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.rows.iter().map(|row| shorten(&printable(&row.name), NAME)).collect();
        let margin = names.iter().map(|name| width(name)).max().unwrap_or(0);
        writeln!(f, "{}", printable(&self.title))?;
        writeln!(f, "{:margin$}  {}", "", self.axis())?;
        for (row, name) in self.rows.iter().zip(&names) {
            let (start, end) = row.ends().unwrap_or_default();
            let took = Instant::ZERO + (end - start);
            writeln!(f, "{name:<margin$}  {} {took}", self.bar(row))?;
        }
        let legend: Vec<String> =
            self.phases().map(|phase| format!("{} {}", phase.mark(), phase.name())).collect();
        writeln!(f, "{:margin$}  {}", "", legend.join("   "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Instant {
        Instant::from_nanos(n * 1_000_000)
    }

    #[test]
    fn the_text_shows_phases_times_and_axis() {
        let chart = Waterfall::new("Two requests")
            .row(Row::new("/").span(Phase::Wait, ms(0), ms(40)).span(Phase::Receive, ms(40), ms(60)))
            .row(Row::new("/a.css").span(Phase::Blocked, ms(0), ms(60)).span(Phase::Wait, ms(60), ms(120)));
        let expected = "\
Two requests
        |0        |20 ms    |40 ms    |60 ms    |80 ms    |100 ms   |120 ms
/       ░░░░░░░░░░░░░░░░░░░░██████████                                60.000 ms
/a.css  ······························░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  120.000 ms
        · blocked   ░ wait   █ receive
";
        assert_eq!(chart.to_string(), expected, "got\n{chart}");
    }
}
