import Glibc

/// A line chart over time, as inline SVG. It uses the page's colours (`FloodReport+Page`), so it suits a light and a
/// dark page.
struct Chart {
    struct Line {
        let name: String
        /// The class of the line in the page's style: `a`, `b` or `c`.
        let style: String
        let values: [Double]
        /// Whether the area under the line is filled.
        var isFilled = false
    }

    let title: String
    /// The horizontal positions of the values, rising.
    let places: [Double]
    let lines: [Line]
    /// How a value is written at its axis.
    let label: (Double) -> String
    /// How a horizontal position is written at its axis.
    var placeLabel: (Double) -> String = { Figures.plain($0) + " s" }
    /// The horizontal positions that are marked; nil for marks at even distances.
    var placeMarks: [Double]?
    /// Whether the axis of the values is logarithmic, for values that span several powers of ten.
    var isLogarithmic = false

    static let width = 880.0
    static let height = 260.0
    private static let left = 72.0
    private static let right = 16.0
    private static let top = 18.0
    private static let bottom = 30.0

    var svg: String {
        guard let first = places.first, let last = places.last, places.count > 1, last > first else { return "" }
        let values = lines.flatMap(\.values)
        let axis = isLogarithmic ? Axis.logarithmic(values) : Axis.linear(upTo: values.max() ?? 0)
        let x = { (place: Double) in
            Self.left + (place - first) / (last - first) * (Self.width - Self.left - Self.right)
        }
        let y = { (value: Double) in
            Self.height - Self.bottom - axis.share(of: value) * (Self.height - Self.top - Self.bottom)
        }
        var parts: [String] = []
        for mark in axis.marks {
            let level = Self.text(y(mark))
            parts.append(
                #"<line class="grid" x1="\#(Self.left)" x2="\#(Self.width - Self.right)" y1="\#(level)" "#
                    + #"y2="\#(level)"/>"#
            )
            parts.append(
                #"<text x="\#(Self.left - 10)" y="\#(Self.text(y(mark) + 4))" text-anchor="end">\#(label(mark))</text>"#
            )
        }
        let marks = placeMarks ?? Axis.linear(upTo: last, marks: 10).marks.filter { $0 >= first }
        for mark in marks where mark <= last {
            parts.append(
                #"<text x="\#(Self.text(x(mark)))" y="\#(Self.height - 8)" "#
                    + #"text-anchor="middle">\#(placeLabel(mark))</text>"#
            )
        }
        for line in lines {
            let points = zip(places, line.values).map { "\(Self.text(x($0))),\(Self.text(y($1)))" }
            if line.isFilled {
                let floor = Self.text(Self.height - Self.bottom)
                let around = ["\(Self.text(x(first))),\(floor)"] + points + ["\(Self.text(x(last))),\(floor)"]
                parts.append(#"<polygon class="fill \#(line.style)" points="\#(around.joined(separator: " "))"/>"#)
            }
            parts.append(#"<polyline class="line \#(line.style)" points="\#(points.joined(separator: " "))"/>"#)
        }
        let legend = lines.map { #"<span class="key \#($0.style)">\#($0.name)</span>"# }.joined(separator: "\n")
        return """
            <figure>
            <figcaption><b>\(title)</b>\(lines.count > 1 ? legend : "")</figcaption>
            <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(title)">
            \(parts.joined(separator: "\n"))
            </svg>
            </figure>
            """
    }

    private static func text(_ value: Double) -> String {
        Figures.fixed(value, 1)
    }
}

/// The axis of the values, from the floor of a chart to its ceiling, with its marks.
struct Axis: Equatable {
    let low: Double
    let high: Double
    let isLogarithmic: Bool
    let marks: [Double]

    /// An axis from 0, with at most this many further marks, at round numbers.
    static func linear(upTo greatest: Double, marks most: Double = 5) -> Axis {
        guard greatest > 0 else { return Axis(low: 0, high: 1, isLogarithmic: false, marks: [0, 1]) }
        var step = 1.0
        while step * most < greatest { step *= 10 }
        while step * most / 10 >= greatest { step /= 10 }
        for fraction in [0.2, 0.5] where step * fraction * most >= greatest {
            step *= fraction
            break
        }
        let count = Int((greatest / step).rounded(.up))
        return Axis(
            low: 0, high: step * Double(count), isLogarithmic: false, marks: (0...count).map { Double($0) * step })
    }

    /// An axis from the power of ten below the least value to the one above the greatest.
    static func logarithmic(_ values: [Double]) -> Axis {
        let positive = values.filter { $0 > 0 }
        guard let least = positive.min(), let greatest = positive.max() else { return linear(upTo: 0) }
        var low = 1.0
        while low > least { low /= 10 }
        while low * 10 <= least { low *= 10 }
        var marks = [low]
        while marks.last! < greatest || marks.count < 2 { marks.append(marks.last! * 10) }
        return Axis(low: low, high: marks.last!, isLogarithmic: true, marks: marks)
    }

    /// The height of a value: 0 at the floor, 1 at the ceiling.
    func share(of value: Double) -> Double {
        guard isLogarithmic else { return (value - low) / (high - low) }
        return max(0, Self.log10(max(value, low) / low) / Self.log10(high / low))
    }

    private static func log10(_ value: Double) -> Double {
        Glibc.log10(value)
    }
}
