//! The counts behind everything that one reader gets, and how they add up.

/// A number of one authority, which figures show and sums add up.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// The number.
    pub value: f64,
    /// Whose: the same for every count of an authority.
    pub place: usize,
    /// What is withheld together: the same number by whatever name, in every version.
    pub kin: usize,
    /// What the reader knows of it, whatever this message shows.
    pub known: Known,
    /// How large such a count of the authority usually is: the smaller ones protect others first.
    pub usual: f64,
}

/// Whether a reader knows a number without being told it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Their own, public, or told before.
    Already,
    /// They do not.
    No,
}

/// What is shown or withheld as one: the counts that it gives away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Numerator, denominator, and of a percentage what is left.
    pub counts: Vec<usize>,
}

/// Counts that, each with its sign, add up to something the reader knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    /// The counts and their signs.
    pub parts: Vec<(usize, f64)>,
    /// The total that tells it, which may be withheld; none where the reader knows it anyway: by what the
    /// numbers mean, or because it was told before.
    pub told_by: Option<usize>,
}

/// Everything that one reader gets, or could work out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// The counts.
    pub counts: Vec<Count>,
    /// What could be shown.
    pub figures: Vec<Figure>,
    /// How counts add up.
    pub sums: Vec<Sum>,
    /// How many totals there are.
    pub totals: usize,
}
