use wirelab::socket::Namespace;

/// A network of the program's own, where it may change what it likes and counts nobody's traffic but its own. Called first
/// in `main`, as threads that run already would stay where they are.
///
/// Says so when there is none, and `lost`, what the program cannot show then.
pub fn own_network(lost: &str) -> Option<Namespace> {
    match Namespace::enter_new() {
        Ok(own) => {
            println!("In a network namespace of this program's own.\n");
            Some(own)
        }
        Err(error) => {
            println!(
                "There is no network namespace to be had here ({error}).\nNot shown for this reason: {lost}\n"
            );
            None
        }
    }
}
