//! `object_storage`: a service that holds buckets. Read by [`super::host`].

use crate::clauses::{Clause, Construct};

/// `object_storage`
pub const FORM: Construct = Construct {
    keyword: "object_storage",
    inside: &[],
    form: "object_storage NAME at PROVIDER/SITE [since PHASE] [until PHASE]",
    text: "An account of object storage that speaks S3. It runs nothing but lifecycle rules; what \
           its provider supports or lacks holds for all its buckets.",
    example: "object_storage s3 at hetzner/fsn1 since t0 {\n    endpoint \
              \"fsn1.your-objectstorage.com\"\n    included 1 TB\n    cost 4.99 EUR/month\n    \
              bucket backups \"vpai-backups\" { tier warm }\n}",
    clauses: &[
        Clause::once("endpoint", "\"HOST\"", "host name of the S3 endpoint"),
        Clause::once("region", "\"NAME\"", "S3 region"),
        Clause::once(
            "included",
            "SIZE",
            "volume included in the price: more costs, it is no limit",
        ),
        Clause::once(
            "cost",
            "MONEY/month",
            "monthly cost, as an interval where it is not certain",
        ),
        Clause::once("once", "MONEY", "cost at the beginning"),
        Clause::once(
            "link",
            "SPEED",
            "how fast it gives data back; that of the other end where it is not said",
        ),
        Clause::many("bucket", "NAME \"REAL-NAME\" { … }", "a bucket"),
    ],
};
