//! Ids and the tables they index.

use std::marker::PhantomData;

/// Types of ids. Never zero inside, so that an id that may be missing takes no more room than one that is there.
#[macro_export]
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(::std::num::NonZeroU32);

        impl $name {
            /// The id of what stands behind so many others in its table.
            #[must_use]
            pub const fn new(index: u32) -> Self {
                Self(::std::num::NonZeroU32::MIN.saturating_add(index))
            }

            /// How many stand before it in its table.
            #[must_use]
            pub const fn index(self) -> u32 {
                self.0.get() - 1
            }
        }

        impl From<usize> for $name {
            fn from(index: usize) -> Self {
                Self::new(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }

        impl From<$name> for usize {
            fn from(id: $name) -> Self {
                id.index() as Self
            }
        }
    )*};
}

ids! {
    /// A phase.
    PhaseId,
    /// A provider.
    ProviderId,
    /// A site.
    SiteId,
    /// A host, NAS or object storage.
    HostId,
    /// A store or bucket.
    StoreId,
    /// A service.
    ServiceId,
    /// A place off line that holds keys.
    VaultId,
    /// An encryption key.
    KeyId,
    /// A machine credential.
    CredentialId,
    /// A monitor.
    MonitorId,
    /// A backup repository.
    RepositoryId,
    /// An environment.
    EnvironmentId,
    /// A class.
    ClassId,
    /// A step.
    StepId,
}

/// A bucket is a store of an object storage.
pub type BucketId = StoreId;

/// A list whose entries are named by ids of one type, in the order of declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<I, T> {
    entries: Vec<T>,
    ids: PhantomData<I>,
}

impl<I, T> From<Vec<T>> for Table<I, T> {
    fn from(entries: Vec<T>) -> Self {
        Self {
            entries,
            ids: PhantomData,
        }
    }
}

impl<I, T> Default for Table<I, T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            ids: PhantomData,
        }
    }
}

impl<I: Copy + From<usize>, T> Table<I, T>
where
    usize: From<I>,
{
    /// An empty table with room for so many.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self {
            entries: Vec::with_capacity(count),
            ids: PhantomData,
        }
    }

    /// Adds an entry and returns its id.
    pub fn push(&mut self, entry: T) -> I {
        self.entries.push(entry);
        I::from(self.entries.len() - 1)
    }

    /// The entry, if the id is one of this table's.
    #[must_use]
    pub fn get(&self, id: I) -> Option<&T> {
        self.entries.get(usize::from(id))
    }

    /// The entry, to be changed.
    pub fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.entries.get_mut(usize::from(id))
    }

    /// All entries with their ids.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator + Clone {
        self.entries
            .iter()
            .enumerate()
            .map(|(i, entry)| (I::from(i), entry))
    }

    /// All entries.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter()
    }

    /// All entries, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut()
    }

    /// All ids.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + use<I, T> {
        (0..self.entries.len()).map(I::from)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<I: Copy + From<usize>, T> std::ops::Index<I> for Table<I, T>
where
    usize: From<I>,
{
    type Output = T;

    /// The entry of an id that came out of this very table. Ids are made by [`Table::push`] alone,
    /// so an id that does not fit is a mistake of the program, not of its input.
    #[expect(
        clippy::indexing_slicing,
        reason = "ids are made by `push` and never outlive their table"
    )]
    fn index(&self, id: I) -> &T {
        &self.entries[usize::from(id)]
    }
}
