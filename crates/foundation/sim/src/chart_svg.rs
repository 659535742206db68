use crate::axis::{Axis, extent};
use crate::chart::{Chart, Panel, Series, Shape, place_of};
use crate::svg::{Svg, stylesheet};
use crate::text::{shorten, width};

const WIDTH: u64 = 760;
/// Where the x axis begins and ends.
const LEFT: u64 = 62;
const RIGHT: u64 = 742;
/// Where the title stands, and where the first panel begins.
const TITLE: u64 = 22;
const FIRST: u64 = 34;
/// The height of a lonely panel's plot, and of one among several.
const TALL: u64 = 260;
const LOW: u64 = 130;
/// Between two panels, and below the last.
const GAP: u64 = 14;
const FOOT: u64 = 44;
/// A row of the legend, the room between two entries, a sample of the curve, and about the width of a character.
const ROW: u64 = 18;
const SPACE: u64 = 16;
const SAMPLE: u64 = 24;
const CHARACTER: u64 = 7;
/// How many characters of a name are shown.
const NAME: usize = 28;
/// How many ticks an axis has at most.
const X_TICKS: usize = 11;
const Y_TICKS: usize = 6;
/// How many colours and marks there are before they begin again.
const COLOURS: usize = 6;
const MARKS: usize = 4;

const STYLE: &str = ".title { font-size: 13px; font-weight: 600; }
.axis { font-size: 11px; opacity: .8; }
line { stroke: currentColor; opacity: .14; }
.frame { opacity: .5; }
path { fill: none; stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
.dots path { stroke-width: 3; }
.marks path { stroke-width: 1.8; }
.level { stroke-dasharray: 5 4; opacity: .75; }
.c0 { stroke: #2f7ed8; }
.c1 { stroke: #d9822b; }
.c2 { stroke: #8e5bd0; }
.c3 { stroke: #2a9d8f; }
.c4 { stroke: #c2568f; }
.c5 { stroke: #8a94a6; }
.m0 { stroke: var(--loss); }
.m1 { stroke: #8e5bd0; }
.m2 { stroke: #2a9d8f; }
.m3 { stroke: currentColor; }
.b0 { fill: #8a94a6; opacity: .2; }
.b1 { fill: #d9822b; opacity: .2; }
.b2 { fill: #2f7ed8; opacity: .2; }";

/// An entry of a legend: the class of its sample, the sample's path from a point in its middle, and the name.
struct Entry {
    class: String,
    sample: fn(f64, f64) -> String,
    name: String,
}

/// A panel with the place it has in the picture.
struct Placed<'a> {
    panel: &'a Panel,
    legend: Vec<Vec<Entry>>,
    y_axis: Axis,
    top: u64,
    bottom: u64,
}

impl Chart {
    /// The chart as SVG, without scripts, for light and dark pages.
    ///
    /// A curve with more points than the picture has columns of pixels is thinned: of each column the first, the lowest, the
    /// highest and the last point stay, so that no extreme is lost, be it as short as it may. Dots and marks that fall on
    /// the same pixel are drawn once.
    pub fn svg(&self) -> String {
        let (placed, bottom) = self.place_panels();
        let bands = if self.bands.is_empty() { 0 } else { ROW };
        let size = (WIDTH, bottom + FOOT + bands);
        let mut svg = Svg::new(
            "wirelab-chart",
            size,
            &self.title,
            &self.description(),
            &stylesheet("wirelab-chart", STYLE),
        );
        svg.text("title", (8, TITLE), "", &shorten(&self.title, 90));
        let x_axis = self.x_axis(X_TICKS);
        for placed in &placed {
            self.draw_panel(&mut svg, placed, &x_axis);
        }
        for (tick, label) in x_axis.ticks() {
            svg.text("axis", (tenth(across(&x_axis, tick)), bottom + 16), "middle", &label);
        }
        svg.text("axis", ((LEFT + RIGHT) / 2, bottom + 34), "middle", &self.x);
        self.draw_band_legend(&mut svg, bottom + FOOT);
        svg.finish()
    }

    /// For those who do not see the picture.
    fn description(&self) -> String {
        let mut sentences = Vec::new();
        for panel in self.panels() {
            for series in &panel.series {
                let Some((low, high)) = extent(series.points.iter().map(|point| point.1)) else { continue };
                let (name, unit, count) = (&series.name, &panel.y, series.points.len());
                sentences.push(format!("{name}: {count} points from {low:.1} to {high:.1} {unit}."));
            }
        }
        sentences.join(" ")
    }

    /// The panels from the top, and where the last of them ends.
    fn place_panels(&self) -> (Vec<Placed<'_>>, u64) {
        let height = if self.panels().count() == 1 { TALL } else { LOW };
        let mut placed: Vec<Placed<'_>> = Vec::new();
        let mut y = FIRST;
        for panel in self.panels() {
            let legend = rows(self.legend(panel), RIGHT - LEFT - CHARACTER * width(&panel.y) as u64);
            let top = y + ROW * legend.len().max(1) as u64 + 6;
            placed.push(Placed { panel, legend, y_axis: panel.y_axis(Y_TICKS), top, bottom: top + height });
            y = top + height + GAP;
        }
        (placed, y - GAP)
    }

    fn legend(&self, panel: &Panel) -> Vec<Entry> {
        let entry = |series: &Series| Entry {
            class: self.class(series),
            sample: match series.shape {
                Shape::Line | Shape::Step => |x, y| format!("M{},{} h16", tenth(x - 8.0), tenth(y)),
                Shape::Dots => |x, y| format!("M{},{} h0 m6,0 h0", tenth(x - 3.0), tenth(y)),
                Shape::Marks => mark(place_of(&self.mark_names(), &series.name)),
            },
            name: shorten(&series.name, NAME),
        };
        let level = |(name, _): &(String, f64)| Entry {
            class: "m3 level".into(),
            sample: |x, y| format!("M{},{} h16", tenth(x - 8.0), tenth(y)),
            name: shorten(name, NAME),
        };
        let mut legend: Vec<Entry> = Vec::new();
        for entry in panel.series.iter().map(entry).chain(panel.levels.iter().map(level)) {
            if !legend.iter().any(|known| (&known.class, &known.name) == (&entry.class, &entry.name)) {
                legend.push(entry);
            }
        }
        legend
    }

    fn class(&self, series: &Series) -> String {
        let colour = place_of(&self.curve_names(), &series.name) % COLOURS;
        match series.shape {
            Shape::Line | Shape::Step => format!("c{colour}"),
            Shape::Dots => format!("c{colour} dots"),
            Shape::Marks => format!("m{} marks", place_of(&self.mark_names(), &series.name) % MARKS),
        }
    }

    fn draw_panel(&self, svg: &mut Svg, placed: &Placed<'_>, x_axis: &Axis) {
        let Placed { panel, legend, y_axis, top, bottom } = placed;
        draw_legend(svg, &panel.y, legend, top - 6 - ROW * legend.len().max(1) as u64);
        for band in &self.bands {
            let class = format!("b{}", place_of(&self.band_names(), &band.name) % 3);
            let (from, to) = (across(x_axis, band.from), across(x_axis, band.to));
            svg.rect(&class, (tenth(from), *top), (tenth((to - from).max(1.0)), bottom - top), &band.name);
        }
        for (tick, label) in y_axis.ticks() {
            let y = down(placed, tick);
            svg.line("", (LEFT, tenth(y)), (RIGHT, tenth(y)));
            svg.text("axis", (LEFT - 7, tenth(y + 4.0)), "end", &label);
        }
        for (tick, _) in x_axis.ticks() {
            let x = tenth(across(x_axis, tick));
            svg.line("", (&x, *top), (&x, *bottom));
        }
        svg.line("frame", (LEFT, *bottom), (RIGHT, *bottom));
        svg.line("frame", (LEFT, *top), (LEFT, *bottom));
        for (_, value) in &panel.levels {
            let steps = format!("M{LEFT},{} H{RIGHT}", tenth(down(placed, *value)));
            svg.group("m3 level", |svg| svg.path(&steps));
        }
        // Marks last: they lie above the curves.
        let (marks, curves): (Vec<_>, Vec<_>) =
            panel.series.iter().partition(|series| series.shape == Shape::Marks);
        for series in curves.into_iter().chain(marks) {
            let place = |&(x, y): &(f64, f64)| (across(x_axis, x), down(placed, y));
            let points = series.points.iter().map(place).collect();
            let steps = self.steps(series, points);
            if !steps.is_empty() {
                svg.group(&self.class(series), |svg| svg.path(&steps));
            }
        }
    }

    /// The path of a series of points, in pixels.
    fn steps(&self, series: &Series, points: Vec<(f64, f64)>) -> String {
        match series.shape {
            Shape::Line => join(&thin(&points), |x, y| format!("L{x},{y}")),
            Shape::Step => join(&thin(&points), |x, y| format!("H{x} V{y}")),
            Shape::Dots => each(&points, |x, y| format!("M{},{} h0", tenth(x), tenth(y))),
            Shape::Marks => each(&points, mark(place_of(&self.mark_names(), &series.name))),
        }
    }

    fn draw_band_legend(&self, svg: &mut Svg, y: u64) {
        let mut x = LEFT;
        for (index, name) in self.band_names().into_iter().enumerate() {
            let name = shorten(name, NAME);
            svg.rect(&format!("b{}", index % 3), (x, y - 4), (14, 12), "");
            svg.text("axis", (x + SAMPLE - 4, y + 6), "", &name);
            x += SAMPLE + CHARACTER * width(&name) as u64 + SPACE;
        }
    }
}

fn across(axis: &Axis, value: f64) -> f64 {
    LEFT as f64 + (RIGHT - LEFT) as f64 * axis.place(value)
}

fn down(placed: &Placed<'_>, value: f64) -> f64 {
    placed.bottom as f64 - (placed.bottom - placed.top) as f64 * placed.y_axis.place(value)
}

/// The entries in rows that are no wider than the room there is, except for a row of one.
fn rows(entries: Vec<Entry>, room: u64) -> Vec<Vec<Entry>> {
    let mut rows: Vec<Vec<Entry>> = Vec::new();
    for entry in entries {
        match rows.last_mut() {
            Some(row) if row_width(row) + SPACE + entry_width(&entry) <= room => row.push(entry),
            _ => rows.push(vec![entry]),
        }
    }
    rows
}

fn entry_width(entry: &Entry) -> u64 {
    SAMPLE + CHARACTER * width(&entry.name) as u64
}

fn row_width(row: &[Entry]) -> u64 {
    row.iter().map(entry_width).sum::<u64>() + SPACE * row.len().saturating_sub(1) as u64
}

/// The unit on the left, the names on the right.
fn draw_legend(svg: &mut Svg, unit: &str, legend: &[Vec<Entry>], top: u64) {
    svg.text("axis", (8, top + 13), "", unit);
    for (row, y) in legend.iter().zip((top + 13..).step_by(ROW as usize)) {
        let mut x = RIGHT.saturating_sub(row_width(row));
        for entry in row {
            let sample = (entry.sample)(x as f64 + 8.0, y as f64 - 4.0);
            svg.group(&entry.class, |svg| svg.path(&sample));
            svg.text("axis", (x + SAMPLE, y), "", &entry.name);
            x += entry_width(entry) + SPACE;
        }
    }
}

/// Of each column of pixels the first, the lowest, the highest and the last point.
fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut thinned = Vec::new();
    for column in points.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let by_height = |(_, a): &(usize, &(f64, f64)), (_, b): &(usize, &(f64, f64))| a.1.total_cmp(&b.1);
        let lowest = column.iter().enumerate().max_by(by_height).map_or(0, |(index, _)| index);
        let highest = column.iter().enumerate().min_by(by_height).map_or(0, |(index, _)| index);
        let mut kept = [0, lowest, highest, column.len() - 1];
        kept.sort_unstable();
        let mut before = None;
        for index in kept {
            if before != Some(index) {
                thinned.extend(column.get(index));
            }
            before = Some(index);
        }
    }
    thinned
}

/// A path through points: to the first, and then as `next` says.
fn join(points: &[(f64, f64)], next: impl Fn(String, String) -> String) -> String {
    let step = |(index, &(x, y)): (usize, &(f64, f64))| match index {
        0 => format!("M{},{}", tenth(x), tenth(y)),
        _ => next(tenth(x), tenth(y)),
    };
    points.iter().enumerate().map(step).collect::<Vec<_>>().join(" ")
}

/// The shape at each point, once a pixel.
fn each(points: &[(f64, f64)], shape: impl Fn(f64, f64) -> String) -> String {
    let mut pixels: Vec<(i64, i64)> =
        points.iter().map(|&(x, y)| (x.round() as i64, y.round() as i64)).collect();
    pixels.sort_unstable();
    pixels.dedup();
    pixels.into_iter().map(|(x, y)| shape(x as f64, y as f64)).collect::<Vec<_>>().join(" ")
}

/// The marks in turn: cross, circle, triangle, square.
fn mark(index: usize) -> fn(f64, f64) -> String {
    match index % MARKS {
        0 => |x, y| format!("M{},{} l8,8 m0,-8 l-8,8", tenth(x - 4.0), tenth(y - 4.0)),
        1 => |x, y| format!("M{},{} a4,4 0 1,0 8,0 a4,4 0 1,0 -8,0", tenth(x - 4.0), tenth(y)),
        2 => |x, y| format!("M{},{} l5,9 h-10 z", tenth(x), tenth(y - 5.0)),
        _ => |x, y| format!("M{},{} h8 v8 h-8 z", tenth(x - 4.0), tenth(y - 4.0)),
    }
}

/// To a tenth, and without a tenth that is zero.
fn tenth(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map_or(text.clone(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_of_one_point_in_a_thousand_survives() {
        let mut points: Vec<(f64, f64)> = (0..1000).map(|n| (5.0 + f64::from(n) / 1000.0, 50.0)).collect();
        points[437].1 = 3.0;
        points[438].1 = 99.0;
        let thinned = thin(&points);
        assert_eq!(thinned.len(), 4, "{thinned:?}");
        assert_eq!(thinned[1..3], [points[437], points[438]]);
        assert_eq!((thinned[0], thinned[3]), (points[0], points[999]));
    }

    #[test]
    fn few_points_are_not_thinned() {
        let points = [(1.0, 2.0), (2.0, 1.0), (2.5, 3.0), (7.0, 0.0)];
        assert_eq!(thin(&points), points);
    }
}
