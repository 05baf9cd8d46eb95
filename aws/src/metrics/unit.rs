//! The units of CloudWatch.

macro_rules! units {
    ($($unit:ident $name:literal $doc:literal,)*) => {
        /// The unit of a metric.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Unit {
            $(#[doc = $doc] $unit,)*
        }

        impl Unit {
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$unit => $name,)*
                }
            }
        }
    };
}

units! {
    None "None" "Without a unit.",
    Count "Count" "A number of things.",
    Percent "Percent" "A percentage.",
    Seconds "Seconds" "Seconds.",
    Milliseconds "Milliseconds" "Milliseconds.",
    Microseconds "Microseconds" "Microseconds.",
    Bytes "Bytes" "Bytes.",
    Kilobytes "Kilobytes" "1,000 bytes.",
    Megabytes "Megabytes" "1,000,000 bytes.",
    Gigabytes "Gigabytes" "10 to the power of 9 bytes.",
    Terabytes "Terabytes" "10 to the power of 12 bytes.",
    Bits "Bits" "Bits.",
    Kilobits "Kilobits" "1,000 bits.",
    Megabits "Megabits" "1,000,000 bits.",
    Gigabits "Gigabits" "10 to the power of 9 bits.",
    Terabits "Terabits" "10 to the power of 12 bits.",
    BytesPerSecond "Bytes/Second" "Bytes in a second.",
    KilobytesPerSecond "Kilobytes/Second" "1,000 bytes in a second.",
    MegabytesPerSecond "Megabytes/Second" "1,000,000 bytes in a second.",
    GigabytesPerSecond "Gigabytes/Second" "10 to the power of 9 bytes in a second.",
    TerabytesPerSecond "Terabytes/Second" "10 to the power of 12 bytes in a second.",
    BitsPerSecond "Bits/Second" "Bits in a second.",
    KilobitsPerSecond "Kilobits/Second" "1,000 bits in a second.",
    MegabitsPerSecond "Megabits/Second" "1,000,000 bits in a second.",
    GigabitsPerSecond "Gigabits/Second" "10 to the power of 9 bits in a second.",
    TerabitsPerSecond "Terabits/Second" "10 to the power of 12 bits in a second.",
    CountPerSecond "Count/Second" "Things in a second.",
}
