//! The Allow field: which methods a resource has (RFC 9110 §10.2.1). A 405 must carry it.

use crate::Method;

/// The value of an Allow field for these methods. HEAD comes with GET, since a server that can do the one can do the
/// other.
///
/// ```
/// use wirelab_http::{Method, allow};
///
/// assert_eq!(allow::value(&[Method::Get, Method::Post]), "GET, HEAD, POST");
/// assert_eq!(allow::value(&[]), ""); // legal: no method is allowed
/// ```
pub fn value(methods: &[Method]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for method in methods {
        let with_head = (*method == Method::Get).then_some("HEAD");
        for name in [Some(method.as_str()), with_head].into_iter().flatten() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::value;
    use crate::Method;

    #[test]
    fn no_method_is_named_twice() {
        assert_eq!(value(&[Method::Head, Method::Get, Method::Get]), "HEAD, GET");
    }
}
