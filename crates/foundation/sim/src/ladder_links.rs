//! Arrows that are links.

use crate::Side;
use crate::ladder::{Ladder, Rung};
use crate::ladder_svg::{LABEL, LEFT, RIGHT};
use crate::svg::Svg;
use crate::text::width;

/// Nothing is seen of a link until it is pointed at. Then a band lies over the arrow and its label.
pub(crate) const STYLE: &str = "a { opacity: 0; }
a:is(:hover, :focus-visible) { opacity: .4; outline: none; }
a line { stroke: #e0a000; stroke-width: 11; stroke-linecap: round; }
a rect { fill: #e0a000; }";

/// From where to where a label reaches, in pixels above its arrow's beginning. There is some room to the next arrow.
const LABEL_REACHES: (u64, u64) = (14, 2);

/// A character of the labels' font is not wider, in tenths of a pixel.
const CHARACTER: u64 = 73;

impl Ladder {
    /// The arrow alone is too thin to be hit: the band is, and it lies above all that is drawn.
    pub(crate) fn draw_link(&self, svg: &mut Svg, rung: &Rung, heights: &[u64]) {
        let Some(link) = &rung.link else { return };
        let (start, tip) = self.shaft(rung, heights);
        let wide = width(&rung.label).min(LABEL) as u64 * CHARACTER / 10;
        let left = if rung.from == Side::Client { LEFT + 14 } else { RIGHT - 14 - wide };
        let (top, bottom) = LABEL_REACHES;
        svg.link(&link.href, &link.title, |svg| {
            svg.line("", start, tip);
            svg.rect("", (left, start.1.saturating_sub(top)), (wide, top - bottom), "");
        });
    }
}
