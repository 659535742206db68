//! The back ends: their names, whether they are here, and what to do when one is not.

use wirelab_reactor::{Backend, Reactor};

#[test]
fn each_backend_is_found_by_its_name() {
    for backend in Backend::ALL {
        assert_eq!(backend.name().parse(), Ok(backend));
        assert_eq!(backend.to_string(), backend.name());
    }
    assert_eq!("uring".parse(), Ok(Backend::Uring));
    let error = "kqueue".parse::<Backend>().unwrap_err();
    assert_eq!(error.to_string(), "\"kqueue\" is none of epoll, poll and io_uring");
}

#[test]
fn a_reactor_says_on_what_it_is() {
    for backend in Backend::ALL {
        match backend.or_epoll() {
            (chosen, None) => {
                assert_eq!(chosen, backend);
                assert_eq!(Reactor::<()>::with_backend(backend).unwrap().backend(), backend);
            }
            (chosen, Some(reason)) => {
                assert_eq!((chosen, backend), (Backend::Epoll, Backend::Uring), "the others are everywhere");
                assert!(reason.to_string().contains("io_uring"), "{reason}");
                assert!(Reactor::<()>::with_backend(backend).is_err());
            }
        }
    }
    assert_eq!(Reactor::<()>::new().unwrap().backend(), Backend::Epoll);
}

#[test]
#[ignore = "needs io_uring, which containers often forbid: the other tests pass without it"]
fn io_uring_is_here() {
    Backend::Uring.is_available().unwrap();
}

/// A reactor is made in one thread and runs in another.
#[test]
fn a_reactor_can_be_sent() {
    fn is_send<T: Send>() {}
    is_send::<Reactor<u32>>();
    is_send::<wirelab_reactor::Channel>();
    is_send::<wirelab_reactor::Acceptor>();
}
