//! The stretch of time that a figure is about, in words: its quarter, or the year that ends with it.

use chrono::Datelike;

use crate::domain::indicator::Behaviour;
use crate::domain::quarter::Quarter;

/// How the time of a figure is told. It stands in a quarter, whatever it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stretch {
    /// The quarter itself.
    #[default]
    Quarter,
    /// The year that ends with the quarter: what happened in it.
    YearTo,
    /// One month of each year, the last of the quarter: what there was then.
    Month,
}

impl Stretch {
    /// Of figures that come once a year or every quarter; a whole return has no behaviour.
    #[must_use]
    pub fn of(is_annual: bool, behaviour: Option<Behaviour>) -> Self {
        match (is_annual, behaviour) {
            (false, _) => Self::Quarter,
            (true, Some(Behaviour::Stock)) => Self::Month,
            (true, _) => Self::YearTo,
        }
    }

    /// In a sentence: `2017-18 Q2`, `the year to March 2025`, `September 2025`.
    #[must_use]
    pub fn label(self, quarter: Quarter) -> String {
        let article = if self == Self::YearTo { "the " } else { "" };
        format!("{article}{}", self.name(quarter))
    }

    /// In a table, under a chart or after a comma: `2017-18 Q2`, `year to March 2025`, `September 2025`.
    #[must_use]
    pub fn name(self, quarter: Quarter) -> String {
        match self {
            Self::Quarter => quarter.to_string(),
            Self::YearTo => format!("year to {}", last_month(quarter)),
            Self::Month => last_month(quarter),
        }
    }

    /// As [`Stretch::name`], and a quarter with its months: `Quarter 2, 2017/18 (July to September 2017)`.
    #[must_use]
    pub fn long_name(self, quarter: Quarter) -> String {
        if self == Self::Quarter { quarter.long_label() } else { self.name(quarter) }
    }

    /// Of a series: `2015-16 Q3 to 2017-18 Q2`, `years to March from 2015 to 2025`.
    #[must_use]
    pub fn span(self, first: Quarter, last: Quarter) -> String {
        if self == Self::YearTo && first.number() == last.number() {
            let (first, last) = (first.last_day(), last.last_day());
            return format!("years to {} from {} to {}", last.format("%B"), first.year(), last.year());
        }
        format!("{} to {}", self.name(first), self.name(last))
    }

    /// What follows what: `quarter` or `year`.
    #[must_use]
    pub fn one(self) -> &'static str {
        if self == Self::Quarter { "quarter" } else { "year" }
    }

    /// Several of them: `quarters` or `years`.
    #[must_use]
    pub fn several(self) -> &'static str {
        if self == Self::Quarter { "quarters" } else { "years" }
    }

    /// With what a figure of a year ago is told: `the same quarter last year` or `the year before`.
    #[must_use]
    pub fn a_year_ago(self) -> &'static str {
        if self == Self::Quarter { "the same quarter last year" } else { "the year before" }
    }
}

fn last_month(quarter: Quarter) -> String {
    quarter.last_day().format("%B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use crate::domain::indicator::Behaviour;
    use crate::domain::quarter::Quarter;
    use crate::domain::stretch::Stretch;

    #[test]
    fn a_yearly_figure_is_told_as_the_year_that_it_is() {
        let (last, census) = (Quarter::of(2024, 4).unwrap(), Quarter::of(2025, 2).unwrap());
        let flow = Stretch::of(true, Some(Behaviour::Flow));
        assert_eq!(flow.label(last), "the year to March 2025");
        assert_eq!(flow.long_name(last), "year to March 2025");
        assert_eq!(flow.span(last.plus(-40), last), "years to March from 2015 to 2025");
        assert_eq!(Stretch::of(true, Some(Behaviour::RollingYear)), flow);
        assert_eq!(Stretch::of(true, None), flow);
        let stock = Stretch::of(true, Some(Behaviour::Stock));
        assert_eq!(stock.label(census), "September 2025");
        assert_eq!(stock.span(census.plus(-4), census), "September 2024 to September 2025");
        assert_eq!((stock.one(), stock.several(), stock.a_year_ago()), ("year", "years", "the year before"));
    }

    #[test]
    fn a_quarterly_figure_is_told_as_its_quarter_whatever_it_counts() {
        let quarter = Quarter::of(2017, 2).unwrap();
        for behaviour in [None, Some(Behaviour::Flow), Some(Behaviour::Stock), Some(Behaviour::RollingYear)] {
            let told = Stretch::of(false, behaviour);
            assert_eq!(told, Stretch::default());
            assert_eq!(told.label(quarter), "2017-18 Q2");
            assert_eq!(told.long_name(quarter), "Quarter 2, 2017/18 (July to September 2017)");
            assert_eq!(told.span(quarter.plus(-1), quarter), "2017-18 Q1 to 2017-18 Q2");
            assert_eq!(told.several(), "quarters");
            assert_eq!(told.a_year_ago(), "the same quarter last year");
        }
    }
}
