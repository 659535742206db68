use crate::axis::Axis;

/// A chart over time (or whatever the common x axis is): the congestion windows of two connections, for one, and below them
/// the queue and the goodput.
///
/// Each [`panel`](Self::panel) has a y axis of its own, and all share the x axis. What is added (a [`line`](Self::line),
/// [`step`](Self::step), [`dots`](Self::dots), [`marks`](Self::marks), a [`level`](Self::level)) goes into the panel begun last; a
/// [`band`](Self::band) goes through all. Curves of the same name have the same colour in every panel; after six the colours begin again.
///
/// A y axis always includes 0 and ends at a round number; the x axis goes from the first point to the last. Points are put in the
/// order of their x; those with a coordinate that is not a number are left out, and coordinates beyond ±10^18 are drawn
/// there.
///
/// `Display` is the chart as text, [`svg`](Self::svg) as SVG; the same chart gives the same bytes.
///
/// ```
/// use wirelab_sim::Chart;
///
/// let chart = Chart::new("A saw-tooth")
///     .x("seconds")
///     .y("segments")
///     .line("window", [(0.0, 1.0), (4.0, 16.0), (4.0, 8.0), (12.0, 16.0)])
///     .marks("loss", [(4.0, 16.0), (12.0, 16.0)])
///     .panel("packets")
///     .step("queue", [(0.0, 0.0), (3.0, 4.0), (4.0, 0.0), (11.0, 4.0), (12.0, 0.0)]);
/// assert!(chart.to_string().contains("window, segments"));
/// assert!(chart.svg().starts_with("<svg"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub(crate) title: String,
    pub(crate) x: String,
    /// The panels that are finished, and the one that is added to.
    above: Vec<Panel>,
    last: Panel,
    pub(crate) bands: Vec<Band>,
}

/// What shares a y axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Panel {
    pub(crate) y: String,
    pub(crate) series: Vec<Series>,
    pub(crate) levels: Vec<(String, f64)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) points: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Line,
    Step,
    Dots,
    Marks,
}

/// A stretch of the x axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Band {
    pub(crate) name: String,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Chart {
    /// A chart with one panel and nothing in it.
    pub fn new(title: impl Into<String>) -> Self {
        Chart {
            title: title.into(),
            x: String::new(),
            above: Vec::new(),
            last: Panel::default(),
            bands: Vec::new(),
        }
    }

    /// What the x axis counts: a unit, such as `seconds`.
    #[must_use]
    pub fn x(mut self, unit: impl Into<String>) -> Self {
        self.x = unit.into();
        self
    }

    /// What the y axis of this panel counts: a unit, such as `segments`.
    #[must_use]
    pub fn y(mut self, unit: impl Into<String>) -> Self {
        self.last.y = unit.into();
        self
    }

    /// Begins a panel below, with a y axis that counts this.
    #[must_use]
    pub fn panel(mut self, unit: impl Into<String>) -> Self {
        let panel = Panel { y: unit.into(), ..Panel::default() };
        self.above.push(std::mem::replace(&mut self.last, panel));
        self
    }

    /// Adds points joined by straight lines.
    #[must_use]
    pub fn line(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series(Shape::Line, name.into(), points)
    }

    /// Adds a value that stays as it is until the next point, as a queue's length does. It ends at its last point.
    #[must_use]
    pub fn step(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series(Shape::Step, name.into(), points)
    }

    /// Adds a dot for each point, as for the sequence number of each packet.
    #[must_use]
    pub fn dots(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series(Shape::Dots, name.into(), points)
    }

    /// Adds a mark for each point, as for losses. Marks belong to the curve added before them, and lie above it.
    #[must_use]
    pub fn marks(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.series(Shape::Marks, name.into(), points)
    }

    /// Adds a line across this panel, as for a link's rate.
    #[must_use]
    pub fn level(mut self, name: impl Into<String>, value: f64) -> Self {
        self.last.levels.extend(bounded(value).map(|value| (name.into(), value)));
        self
    }

    /// Shades all panels from here to there, as for an outage. Several bands may have the same name.
    #[must_use]
    pub fn band(mut self, name: impl Into<String>, from: f64, to: f64) -> Self {
        if let (Some(from), Some(to)) = (bounded(from), bounded(to)) {
            self.bands.push(Band { name: name.into(), from, to: to.max(from) });
        }
        self
    }

    fn series(mut self, shape: Shape, name: String, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let bounded = |(x, y)| Some((bounded(x)?, bounded(y)?));
        let mut points: Vec<(f64, f64)> = points.into_iter().filter_map(bounded).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.last.series.push(Series { name, shape, points });
        self
    }

    pub(crate) fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.above.iter().chain([&self.last])
    }

    pub(crate) fn x_axis(&self, ticks: usize) -> Axis {
        let points = self.panels().flat_map(|panel| &panel.series).flat_map(|series| &series.points);
        let bands = self.bands.iter().flat_map(|band| [band.from, band.to]);
        Axis::exact(points.map(|point| point.0).chain(bands), ticks)
    }

    /// The names of the curves, each once; their place is their colour.
    pub(crate) fn curve_names(&self) -> Vec<&str> {
        self.names(|shape| shape != Shape::Marks)
    }

    /// The names of the marks, each once; their place is their shape.
    pub(crate) fn mark_names(&self) -> Vec<&str> {
        self.names(|shape| shape == Shape::Marks)
    }

    pub(crate) fn band_names(&self) -> Vec<&str> {
        distinct(self.bands.iter().map(|band| band.name.as_str()))
    }

    fn names(&self, wanted: impl Fn(Shape) -> bool) -> Vec<&str> {
        let series = self.panels().flat_map(|panel| &panel.series).filter(|series| wanted(series.shape));
        distinct(series.map(|series| series.name.as_str()))
    }
}

impl Panel {
    pub(crate) fn y_axis(&self, ticks: usize) -> Axis {
        let points = self.series.iter().flat_map(|series| &series.points).map(|point| point.1);
        Axis::rounded(points.chain(self.levels.iter().map(|level| level.1)), ticks)
    }
}

/// A number that can be drawn.
fn bounded(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value.clamp(-1e18, 1e18))
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

/// Where a name stands in a list.
pub(crate) fn place_of(names: &[&str], name: &str) -> usize {
    names.iter().position(|known| *known == name).unwrap_or(0)
}
