//! The configuration of a one-node Ceph cluster for tests.

use crate::ceph::Lifecycle;

/// The cluster's configuration. What is not plain in it:
///
/// - Without authentication (`auth … required = none`) all `ms … mode`s must be `crc`: the default,
///   `secure`, needs keys, and the gateway would ask the monitor for ever.
/// - The `paxos` settings of the monitor cut the start from 13 s to 4 s.
/// - No manager daemon: nothing here needs one.
pub(crate) fn configuration(
    folder: &str,
    identity: &str,
    monitor: u16,
    gateway: u16,
    lifecycle: Lifecycle,
    secure: Option<u16>,
) -> String {
    // The gateway wants the certificate and its key in one file.
    let secure = secure.map_or_else(String::new, |port| {
        format!(" ssl_endpoint=127.0.0.1:{port} ssl_certificate={folder}/gateway.pem")
    });
    let day = match lifecycle {
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
{day}"
    )
}
