//! The whole stack behind one name.
//!
//! Each crate of the workspace under its short name, so that a program needs one dependency:
//!
//! ```
//! use wirelab::sansio::Instant;
//!
//! assert_eq!(Instant::ZERO.as_nanos(), 0);
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod formats;

pub use wirelab_capture as capture;
pub use wirelab_client as client;
pub use wirelab_http as http;
pub use wirelab_http1 as http1;
pub use wirelab_kernel as kernel;
pub use wirelab_load as load;
pub use wirelab_reactor as reactor;
pub use wirelab_sansio as sansio;
pub use wirelab_serve as serve;
pub use wirelab_server as server;
pub use wirelab_sim as sim;
pub use wirelab_socket as socket;
pub use wirelab_tcpip as tcpip;
pub use wirelab_tls as tls;
pub use wirelab_tun as tun;
pub use wirelab_wire as wire;
pub use wirelab_x509 as x509;
