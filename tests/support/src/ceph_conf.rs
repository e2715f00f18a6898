//! The configuration of a one-node Ceph cluster for tests.

use crate::ceph::Lifecycle;

/// What one gateway has otherwise than others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub lifecycle: Lifecycle,
    /// Whether it is reached by HTTPS, too.
    pub secure: bool,
    /// The most entries of a page of a listing, if not its own 1,000.
    pub page: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lifecycle: Lifecycle::RealDays,
            secure: false,
            page: None,
        }
    }
}

/// The cluster's configuration. The ports are those of the monitor, of the gateway, and of it by HTTPS. What is not plain in it:
///
/// - Without authentication (`auth … required = none`) all `ms … mode`s must be `crc`: the default,
///   `secure`, needs keys, and the gateway would ask the monitor for ever.
/// - The `paxos` settings of the monitor cut the start from 13 s to 4 s.
/// - No manager daemon: nothing here needs one.
pub(crate) fn configuration(
    folder: &str,
    identity: &str,
    [monitor, gateway, secure_port]: [u16; 3],
    settings: Settings,
) -> String {
    // The gateway wants the certificate and its key in one file.
    let secure = if settings.secure {
        format!(" ssl_endpoint=127.0.0.1:{secure_port} ssl_certificate={folder}/gateway.pem")
    } else {
        String::new()
    };
    let page = settings.page.map_or_else(String::new, |entries| {
        format!("rgw max listing results = {entries}\n")
    });
    let day = match settings.lifecycle {
        Lifecycle::RealDays => String::new(),
        Lifecycle::SecondsPerDay(seconds) => format!("rgw lc debug interval = {seconds}\n"),
    };
    format!(
        "\
[global]
fsid = {identity}
mon host = v2:127.0.0.1:{monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms mon service mode = crc
ms mon cluster mode = crc
ms client mode = crc
ms cluster mode = crc
ms service mode = crc
mon allow pool size one = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 2147483648
run dir = {folder}
admin socket = {folder}/$name.$pid.asok
log file = {folder}/$name.ceph.log
pid file = {folder}/$name.ceph.pid
crash dir = {folder}/crash
mon data = {folder}/mon
osd data = {folder}/osd
rgw data = {folder}/rgw

[mon]
paxos propose interval = 0.05
paxos min wait = 0.01
mon tick interval = 1

[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{gateway}{secure}
rgw dynamic resharding = false
rgw thread pool size = 32
{day}{page}"
    )
}
