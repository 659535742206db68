use bytes::Bytes;
use wirelab_http::Request;
use wirelab_sim::Random;

/// The requests of a load, each with its share.
///
/// Which one is next is drawn, from a seed. A fixed order would be more even, and can fall into step with something else
/// that goes round: with every second request slow and two workers that take turns, one worker gets them all.
///
/// ```
/// use wirelab_http::{Method, Request, Target};
/// use wirelab_load::Mix;
///
/// let get = |path: &str| Request::new(Method::Get, Target::parse(path.as_bytes()).unwrap()).with("Host", "site");
/// let mix = Mix::new("fast", get("/1")).and("slow", 1, get("/delay/200")).weigh("fast", 99);
/// assert_eq!(mix.names().collect::<Vec<_>>(), ["fast", "slow"]);
/// ```
#[derive(Clone, Debug)]
pub struct Mix {
    kinds: Vec<Asking>,
    random: Random,
}

/// One kind of request.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) name: String,
    pub(crate) request: Request,
    pub(crate) content: Bytes,
    weight: u32,
}

impl Mix {
    /// One kind of request, without content, with the weight 1.
    pub fn new(name: impl Into<String>, request: Request) -> Self {
        Mix { kinds: Vec::new(), random: Random::new(0) }.and(name, 1, request)
    }

    /// With one more kind of request, without content. Its share is its weight in the sum of all.
    #[must_use]
    pub fn and(mut self, name: impl Into<String>, weight: u32, request: Request) -> Self {
        self.kinds.push(Asking { name: name.into(), request, content: Bytes::new(), weight });
        self
    }

    /// With this content for the kind that was added last; its Content-Length is added, too.
    #[must_use]
    pub fn with_content(mut self, content: impl Into<Bytes>) -> Self {
        if let Some(last) = self.kinds.last_mut() {
            last.content = content.into();
            last.request = last.request.clone().with("Content-Length", last.content.len());
        }
        self
    }

    /// With another weight for a kind. Of a weight of 0 there are none.
    #[must_use]
    pub fn weigh(mut self, name: &str, weight: u32) -> Self {
        self.kinds.iter_mut().filter(|kind| kind.name == name).for_each(|kind| kind.weight = weight);
        self
    }

    /// Drawn from another seed than 0.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.random = Random::new(seed);
        self
    }

    /// The names of the kinds, in the order of [`Report::kinds`](crate::Report::kinds).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|kind| kind.name.as_str())
    }

    pub(crate) fn kinds(&self) -> &[Asking] {
        &self.kinds
    }

    pub(crate) fn kinds_mut(&mut self) -> &mut [Asking] {
        &mut self.kinds
    }

    /// The index of the next request's kind.
    pub(crate) fn draw(&mut self) -> usize {
        let total = self.kinds.iter().map(|kind| u64::from(kind.weight)).sum();
        let mut drawn = self.random.below(total);
        for (index, kind) in self.kinds.iter().enumerate() {
            match drawn.checked_sub(u64::from(kind.weight)) {
                Some(rest) => drawn = rest,
                None => return index,
            }
        }
        0 // all weights are 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirelab_http::{Method, Target};

    #[test]
    fn shares_are_those_of_the_weights() {
        let get = || Request::new(Method::Get, Target::parse(b"/").unwrap());
        let mut mix = Mix::new("a", get()).and("none", 0, get()).and("b", 3, get());
        let mut drawn = [0_u32; 3];
        (0..40_000).for_each(|_| drawn[mix.draw()] += 1);
        assert!((9_500..10_500).contains(&drawn[0]) && drawn[1] == 0, "{drawn:?}");
    }
}
