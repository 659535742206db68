//! nginx with the settings that its users give it for speed. Its master process sleeps meanwhile.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::processor;
use crate::server::{CONTENT_TYPE, Kind, Server, command};

/// Where it is, if it is installed.
pub(crate) fn program() -> Option<&'static Path> {
    ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"]
        .map(Path::new)
        .into_iter()
        .find(|p| p.exists())
}

/// The folder with its configuration; removed when this is dropped.
pub(crate) struct Files(PathBuf);

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // a folder for temporary files is emptied by others too
    }
}

pub(crate) fn start(wrapper: &[&str], workers: usize) -> io::Result<Server> {
    let program = program().ok_or_else(|| io::Error::other("nginx is not installed"))?;
    let folder = std::env::temp_dir().join(format!("wirelab-bench-nginx-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let files = Files(folder);
    let address = free_address()?;
    fs::write(files.0.join("nginx.conf"), configuration(&files.0, address, workers))?;
    let errors = files.0.join("error.log");
    let mut child = command(wrapper, program)
        .arg("-p")
        .arg(&files.0)
        .arg("-c")
        .arg(files.0.join("nginx.conf"))
        .arg("-e")
        .arg(&errors)
        .stdout(Stdio::null())
        .spawn()?;
    match wait_until_it_serves(address, &files.0, workers) {
        Ok(processes) => Ok(Server::new(Kind::Nginx(workers), address, processes, child, Some(files))),
        Err(error) => {
            child.kill()?; // it would go on by itself
            child.wait()?;
            let log = fs::read_to_string(&errors).unwrap_or_default();
            Err(io::Error::other(format!("nginx did not start: {error}\n{log}")))
        }
    }
}

fn configuration(folder: &Path, address: SocketAddr, workers: usize) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    default_type \"{CONTENT_TYPE}\";
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {address};
        location / {{ return 200 \"OK\"; }}
    }}
}}
"
    )
}

/// nginx cannot be asked for any free port: it is given one that was free a moment ago.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// It says nowhere that it is ready, so it is tried: the master has written its number and has a worker, and somebody
/// listens.
fn wait_until_it_serves(address: SocketAddr, folder: &Path, workers: usize) -> io::Result<Vec<u32>> {
    let begin = Instant::now();
    loop {
        match processes(folder, workers).and_then(|processes| TcpStream::connect(address).map(|_| processes))
        {
            Ok(processes) => return Ok(processes),
            Err(error) if begin.elapsed() > Duration::from_secs(5) => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// The master and its workers.
fn processes(folder: &Path, workers: usize) -> io::Result<Vec<u32>> {
    let master = fs::read_to_string(folder.join("nginx.pid"))?;
    let processes = processor::family(master.trim().parse().map_err(io::Error::other)?)?;
    if processes.len() == 1 + workers { Ok(processes) } else { Err(io::Error::other("a worker is missing")) }
}
