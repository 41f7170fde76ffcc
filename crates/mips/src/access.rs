//! Memory accesses: their widths, and the piece of a word that they load or store.

/// The bits of an address that name its 8-byte word.
pub const WORD_MASK: u64 = !7;

/// The width of an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Width {
    /// 1 byte.
    Byte = 1,
    /// 2 bytes.
    Half = 2,
    /// 4 bytes.
    Word = 4,
    /// 8 bytes.
    Double = 8,
}

impl Width {
    /// The width in bytes.
    #[must_use]
    pub const fn bytes(self) -> u8 {
        self as u8
    }

    /// The width in bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self as u32 * 8
    }

    const fn mask(self) -> u64 {
        u64::MAX >> (64 - self.bits())
    }

    /// The number of bits of the word that are below the piece at `address`.
    const fn shift(self, address: u64) -> u32 {
        let place = address as u32 & 7 & !(self as u32 - 1);
        64 - self.bits() - 8 * place
    }

    /// The piece of `word` at `address`, which is rounded down to a multiple of the width; sign-extended if `signed`.
    #[inline]
    #[must_use]
    pub const fn select(self, address: u64, word: u64, signed: bool) -> u64 {
        let piece = word >> self.shift(address) & self.mask();
        let unused = 64 - self.bits();
        if signed { ((piece << unused) as i64 >> unused) as u64 } else { piece }
    }

    /// `word` with the piece at `address`, which is rounded down to a multiple of the width, replaced by the lowest bits of
    /// `value`.
    #[inline]
    #[must_use]
    pub const fn insert(self, address: u64, word: u64, value: u64) -> u64 {
        let shift = self.shift(address);
        word & !(self.mask() << shift) | (value & self.mask()) << shift
    }
}

/// Which part of an unaligned value an instruction loads or stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The most significant bytes: from the address to the end of the aligned piece around it.
    Left,
    /// The least significant bytes: from the start of the aligned piece up to the address.
    Right,
}

/// How an instruction accesses memory. It accesses one 8-byte word at most; an address that is not a multiple of the
/// width is rounded down, because the VM has no address error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Loads a piece of the word.
    Load {
        /// Its width.
        width: Width,
        /// Whether it is sign-extended.
        signed: bool,
    },
    /// Stores a piece of the word.
    Store {
        /// Its width.
        width: Width,
    },
    /// Loads one side of an unaligned value into one side of the register.
    LoadPart {
        /// The width of the value.
        width: Width,
        /// The side.
        side: Side,
    },
    /// Stores one side of the register to one side of an unaligned value.
    StorePart {
        /// The width of the value.
        width: Width,
        /// The side.
        side: Side,
    },
    /// Loads a piece, sign-extended, and reserves it.
    LoadLinked {
        /// Its width.
        width: Width,
    },
    /// Stores a piece if it is still reserved.
    StoreConditional {
        /// Its width.
        width: Width,
    },
}

impl Access {
    /// The width of the value. For one side of an unaligned value: the width of the whole value.
    #[must_use]
    pub const fn width(self) -> Width {
        match self {
            Self::Load { width, .. }
            | Self::Store { width }
            | Self::LoadPart { width, .. }
            | Self::StorePart { width, .. }
            | Self::LoadLinked { width }
            | Self::StoreConditional { width } => width,
        }
    }

    /// Whether the access makes or uses a reservation.
    #[must_use]
    pub const fn is_atomic(self) -> bool {
        match self {
            Self::LoadLinked { .. } | Self::StoreConditional { .. } => true,
            Self::Load { .. } | Self::Store { .. } | Self::LoadPart { .. } | Self::StorePart { .. } => false,
        }
    }

    /// Whether the access may change memory.
    #[must_use]
    pub const fn is_store(self) -> bool {
        match self {
            Self::Store { .. } | Self::StorePart { .. } | Self::StoreConditional { .. } => true,
            Self::Load { .. } | Self::LoadPart { .. } | Self::LoadLinked { .. } => false,
        }
    }
}
