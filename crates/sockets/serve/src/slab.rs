use wirelab_reactor::Token;

/// Values under tokens that are never given twice: the lower half is the place, the upper half counts how often the place
/// was used. An event for a connection that ended earlier in the same turn then finds nothing, instead of its
/// successor.
pub(crate) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    len: usize,
}

struct Slot<T> {
    generation: u32,
    value: Option<Box<T>>,
}

impl<T> Slab<T> {
    pub(crate) fn new() -> Self {
        Slab { slots: Vec::new(), free: Vec::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What the next [`insert`](Self::insert) will return.
    pub(crate) fn next_token(&self) -> Token {
        match self.free.last() {
            Some(&place) => token(place, self.slots[place as usize].generation),
            None => token(self.slots.len() as u32, 0),
        }
    }

    pub(crate) fn insert(&mut self, value: T) -> Token {
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, value: None });
            (self.slots.len() - 1) as u32
        });
        self.len += 1;
        let slot = &mut self.slots[place as usize];
        slot.value = Some(Box::new(value));
        token(place, slot.generation)
    }

    pub(crate) fn get_mut(&mut self, token: Token) -> Option<&mut T> {
        let slot = self.slots.get_mut(place(token))?;
        if slot.generation != generation(token) {
            return None;
        }
        slot.value.as_deref_mut()
    }

    pub(crate) fn remove(&mut self, token: Token) -> Option<Box<T>> {
        self.get_mut(token)?;
        let slot = &mut self.slots[place(token)];
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(place(token) as u32);
        self.len -= 1;
        slot.value.take()
    }

    pub(crate) fn tokens(&self) -> Vec<Token> {
        let used = self.slots.iter().enumerate().filter(|(_, slot)| slot.value.is_some());
        used.map(|(place, slot)| token(place as u32, slot.generation)).collect()
    }
}

fn token(place: u32, generation: u32) -> Token {
    Token(u64::from(generation) << 32 | u64::from(place))
}

fn place(token: Token) -> usize {
    token.0 as u32 as usize
}

fn generation(token: Token) -> u32 {
    (token.0 >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::Slab;

    #[test]
    fn an_old_token_does_not_find_the_successor() {
        let mut slab = Slab::new();
        let next = slab.next_token();
        let first = slab.insert("first");
        assert_eq!(first, next);
        assert_eq!(slab.remove(first).as_deref(), Some(&"first"));
        let next = slab.next_token();
        let second = slab.insert("second");
        assert_eq!(second, next);
        assert_eq!(slab.get_mut(first), None);
        assert_eq!(slab.remove(first), None, "and does not remove it");
        assert_eq!(slab.get_mut(second), Some(&mut "second"));
        assert_eq!((slab.len(), slab.tokens()), (1, vec![second]));
    }
}
