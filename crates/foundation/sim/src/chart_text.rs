use std::fmt;

use crate::axis::Axis;
use crate::chart::{Chart, Panel, Series, Shape, place_of};
use crate::text::{printable, width};

/// How many characters the x axis takes up, and the labels of the y axis.
const COLUMNS: usize = 58;
const MARGIN: usize = 7;
/// A character in Braille is two dots wide and four high.
const WIDE: usize = 2;
const HIGH: usize = 4;

/// A curve with its marks. In text each has a strip of its own, as no colours tell two apart.
struct Strip<'a> {
    panel: &'a Panel,
    series: Vec<&'a Series>,
}

/// Dots in Braille, characters that lie above them, and the heights of lines that show where nothing else is.
struct Canvas {
    rows: usize,
    levels: Vec<usize>,
    cells: Vec<u8>,
    over: Vec<Option<char>>,
}

impl Canvas {
    fn new(rows: usize) -> Self {
        Canvas { rows, levels: Vec::new(), cells: vec![0; rows * COLUMNS], over: vec![None; rows * COLUMNS] }
    }

    /// The dot of a place on both axes, counted from the upper left.
    fn dot(&self, x: f64, y: f64) -> (usize, usize) {
        let across = x * (WIDE * COLUMNS - 1) as f64;
        let down = (1.0 - y) * (HIGH * self.rows - 1) as f64;
        (across.round() as usize, down.round() as usize)
    }

    fn set(&mut self, (x, y): (usize, usize)) {
        // Unicode numbers the upper three rows of dots first, column by column, and then the fourth row.
        const BITS: [[u8; WIDE]; HIGH] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let bit = BITS.get(y % HIGH).and_then(|row| row.get(x % WIDE)).copied().unwrap_or(0);
        if let Some(cell) = self.cells.get_mut(y / HIGH * COLUMNS + x / WIDE) {
            *cell |= bit;
        }
    }

    fn join(&mut self, from: (usize, usize), to: (usize, usize)) {
        let length = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        let between =
            |a: usize, b: usize, part: usize| (a * (length - part) + b * part + length / 2) / length;
        for part in 0..=length {
            self.set((between(from.0, to.0, part), between(from.1, to.1, part)));
        }
    }

    fn put(&mut self, (x, y): (usize, usize), mark: char) {
        if let Some(over) = self.over.get_mut(y / HIGH * COLUMNS + x / WIDE) {
            *over = Some(mark);
        }
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let rows = self.cells.chunks(COLUMNS).zip(self.over.chunks(COLUMNS)).enumerate();
        rows.map(|(row, (cells, over))| {
            let blank = if self.levels.contains(&row) { '┄' } else { ' ' };
            let show = |(&cell, &over): (&u8, &Option<char>)| match (cell, over) {
                (_, Some(mark)) => mark,
                (0, None) => blank,
                (cell, None) => char::from_u32(0x2800 + u32::from(cell)).unwrap_or(blank),
            };
            cells.iter().zip(over).map(show).collect()
        })
    }
}

impl Strip<'_> {
    fn heading(&self, chart: &Chart) -> String {
        let curve = self.series.iter().filter(|series| series.shape != Shape::Marks);
        let mut names: Vec<String> = curve.map(|series| series.name.clone()).collect();
        names.extend((!self.panel.y.is_empty()).then(|| self.panel.y.clone()));
        let mut heading = names.join(", ");
        for series in self.series.iter().filter(|series| series.shape == Shape::Marks) {
            heading.push_str(&format!("   {} {}", chart.mark(series), series.name));
        }
        for (name, _) in &self.panel.levels {
            heading.push_str(&format!("   ┄ {name}"));
        }
        printable(heading.trim_start())
    }

    fn draw(&self, chart: &Chart, x_axis: &Axis, y_axis: &Axis, rows: usize) -> Canvas {
        let mut canvas = Canvas::new(rows);
        for (_, level) in &self.panel.levels {
            let (_, y) = canvas.dot(0.0, y_axis.place(*level));
            canvas.levels.push(y / HIGH);
        }
        for series in &self.series {
            let mut before = None;
            for &(x, y) in &series.points {
                let here = canvas.dot(x_axis.place(x), y_axis.place(y));
                match series.shape {
                    Shape::Line => canvas.join(before.unwrap_or(here), here),
                    Shape::Step => {
                        let start = before.unwrap_or(here);
                        canvas.join(start, (here.0, start.1));
                        canvas.join((here.0, start.1), here);
                    }
                    Shape::Dots => canvas.set(here),
                    Shape::Marks => canvas.put(here, chart.mark(series)),
                }
                before = Some(here);
            }
        }
        canvas
    }
}

impl Chart {
    fn mark(&self, series: &Series) -> char {
        ['×', '○', '△', '□']
            .into_iter()
            .cycle()
            .nth(place_of(&self.mark_names(), &series.name))
            .unwrap_or('×')
    }

    fn strips(&self) -> Vec<Strip<'_>> {
        let mut strips: Vec<Strip<'_>> = Vec::new();
        for panel in self.panels() {
            let mut own: Vec<Strip<'_>> = Vec::new();
            for series in &panel.series {
                match own.last_mut() {
                    Some(strip) if series.shape == Shape::Marks => strip.series.push(series),
                    _ => own.push(Strip { panel, series: vec![series] }),
                }
            }
            if own.is_empty() {
                own.push(Strip { panel, series: Vec::new() });
            }
            strips.append(&mut own);
        }
        strips
    }

    fn write_bands(&self, f: &mut fmt::Formatter<'_>, axis: &Axis) -> fmt::Result {
        for name in self.band_names() {
            let mut cells = vec![' '; COLUMNS];
            for band in self.bands.iter().filter(|band| band.name == name) {
                let start = column(axis, band.from);
                if let Some(cells) = cells.get_mut(start..=column(axis, band.to).max(start)) {
                    cells.fill('░');
                }
            }
            let cells: String = cells.into_iter().collect();
            writeln!(f, "{}\n{:MARGIN$} │{}", printable(name), "", cells.trim_end())?;
        }
        Ok(())
    }

    fn write_x_axis(&self, f: &mut fmt::Formatter<'_>, axis: &Axis) -> fmt::Result {
        let mut line = vec!['─'; COLUMNS];
        let mut labels = String::new();
        for (tick, label) in axis.ticks() {
            let column = column(axis, tick);
            if let Some(cell) = line.get_mut(column) {
                *cell = '┴';
            }
            let start = (MARGIN + 2 + column).saturating_sub(width(&label) / 2);
            let gap = start.saturating_sub(width(&labels));
            if gap > 0 {
                labels.push_str(&" ".repeat(gap));
                labels.push_str(&label);
            }
        }
        let line: String = line.into_iter().collect();
        writeln!(f, "{:MARGIN$} └{line} {}\n{labels}", "", printable(&self.x))
    }
}

/// The character in which a place on the x axis falls.
fn column(axis: &Axis, value: f64) -> usize {
    (axis.place(value) * (WIDE * COLUMNS - 1) as f64).round() as usize / WIDE
}

fn write_strip(f: &mut fmt::Formatter<'_>, canvas: &Canvas, y_axis: &Axis) -> fmt::Result {
    let mut labels = vec![None; canvas.rows];
    for (tick, label) in y_axis.ticks() {
        let (_, y) = canvas.dot(0.0, y_axis.place(tick));
        if let Some(place) = labels.get_mut(y / HIGH) {
            *place = Some(label);
        }
    }
    for (line, label) in canvas.lines().zip(labels) {
        let (label, edge) = label.map_or((String::new(), '│'), |label| (label, '┤'));
        writeln!(f, "{label:>MARGIN$} {edge}{}", line.trim_end())?;
    }
    Ok(())
}

/// The chart in Braille, for terminals: every curve in a strip of its own, with its marks, on the scale of its panel; then the bands,
/// each name in a line of its own, and the x axis.
impl fmt::Display for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strips = self.strips();
        let (rows, ticks) = match strips.len() {
            1 => (12, 6),
            2 => (8, 5),
            _ => (6, 5),
        };
        let x_axis = self.x_axis(8);
        writeln!(f, "{}", printable(&self.title))?;
        for strip in &strips {
            let y_axis = strip.panel.y_axis(ticks);
            writeln!(f, "{}", strip.heading(self))?;
            write_strip(f, &strip.draw(self, &x_axis, &y_axis, rows), &y_axis)?;
        }
        self.write_bands(f, &x_axis)?;
        self.write_x_axis(f, &x_axis)
    }
}
