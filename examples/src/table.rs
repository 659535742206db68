use std::fmt;

/// Columns of text. The first column is aligned to the left, the others, which mostly are numbers, to the right.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new<S: ToString>(headings: impl IntoIterator<Item = S>) -> Self {
        Table { rows: Vec::new() }.row(headings)
    }

    /// With one more row.
    #[must_use]
    pub fn row<S: ToString>(mut self, cells: impl IntoIterator<Item = S>) -> Self {
        self.rows.push(cells.into_iter().map(|cell| cell.to_string()).collect());
        self
    }

    /// With one more row, whose cells need not be of one type.
    ///
    /// ```
    /// use wirelab_examples::Table;
    ///
    /// let table = Table::new(["way", "calls", "µs"]).cells(&[&"read", &2, &format!("{:.1}", 1.25)]);
    /// assert_eq!(table.to_string().lines().last(), Some("read       2   1.2"));
    /// ```
    #[must_use]
    pub fn cells(self, cells: &[&dyn fmt::Display]) -> Self {
        self.row(cells)
    }

    /// With one more row: its name, and cells of one type.
    #[must_use]
    pub fn named<S: ToString>(self, name: impl ToString, cells: impl IntoIterator<Item = S>) -> Self {
        let cells = cells.into_iter().map(|cell| cell.to_string());
        self.row([name.to_string()].into_iter().chain(cells))
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(|column| self.width(column)).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("   ").trim_end())?;
            if number == 0 {
                writeln!(f, "{}", "─".repeat(widths.iter().sum::<usize>() + 3 * columns.saturating_sub(1)))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn numbers_stand_under_each_other() {
        let table = Table::new(["way", "ms"]).row(["each", "1000"]).row(["kept", "5"]);
        assert_eq!(table.to_string(), "way      ms\n───────────\neach   1000\nkept      5\n");
    }
}
