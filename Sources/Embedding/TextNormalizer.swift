/// What becomes of each Unicode scalar before words are looked up: cleaning, spaces around
/// ideographs, stripping of accents, lower case, and where words end.
///
/// The behaviour is that of the reference's BertNormalizer and BertPreTokenizer, one after the
/// other. All of it depends on the scalar alone, but for the order of combining marks, so it is put
/// into one table of pages: an entry a scalar, with equal pages stored once.
struct TextNormalizer: Sendable {
  /// What the model's tokenizer asks for.
  struct Options: Sendable, Equatable {
    /// Whether controls are removed, and all white space becomes a space.
    var cleansText = true
    /// Whether each ideograph is a word of its own.
    var separatesIdeographs = true
    /// Whether text is decomposed and loses its nonspacing marks.
    var stripsAccents = true
    /// Whether text is put into lower case.
    var lowercases = true
  }

  /// What becomes of a scalar.
  enum Action: UInt32 {
    /// It stays, or another takes its place.
    case keep
    /// It vanishes, and its neighbours meet.
    case remove
    /// It ends a word and vanishes.
    case boundary
    /// It, or another in its place, is a word of its own.
    case isolate
    /// It is replaced by several, each with its own action.
    case expand
    /// It is a mark that stays, and may change places with other marks.
    case reorder
    /// It is a mark that vanishes, but other marks do not move across it.
    case barrier
    /// It is a Hangul syllable that is decomposed.
    case decompose
  }

  /// An action, and the scalar that it is about: zero for the scalar itself.
  struct Entry: Sendable, Equatable {
    private static let shift: UInt32 = 24
    fileprivate var bits: UInt32

    init(_ action: Action, _ payload: UInt32 = 0) {
      bits = action.rawValue << Self.shift | payload
    }

    var action: Action { Action(rawValue: bits >> Self.shift) ?? .keep }
    var payload: UInt32 { bits & ((1 << Self.shift) - 1) }
  }

  private static let pageSize = 256
  private static let scalars = 0x110000

  /// The page of each 256 scalars.
  private var pageOf: [UInt16]
  /// The pages one after another; the first is of entries that keep the scalar.
  private var entries: [Entry]
  /// The pages that stand for more than 256 scalars, or may.
  private var sharedPages: Set<UInt16> = [0]
  /// What takes the place of the scalars with the action `expand`; the payload is an index.
  private(set) var expansions: [[(scalar: UInt32, entry: Entry)]] = []
  /// The combining classes of the marks that stay.
  private var classes: [UInt32: UInt8] = [:]

  /// Looks up a scalar.
  @inline(__always)
  func entry(_ scalar: UInt32) -> Entry {
    entries[Int(pageOf[Int(scalar >> 8)]) &* Self.pageSize &+ Int(scalar & 255)]
  }

  /// The canonical combining class of a mark that stays.
  func combiningClass(_ scalar: UInt32) -> UInt8 { classes[scalar] ?? 0 }

  /// Builds the table.
  ///
  /// - Complexity: O(1), about a millisecond.
  init(_ options: Options) {
    pageOf = [UInt16](repeating: 0, count: Self.scalars / Self.pageSize)
    entries = [Entry](repeating: Entry(.keep), count: Self.pageSize)

    let ideographs =
      options.separatesIdeographs ? UnicodeTables.ranges(UnicodeTables.ideographs) : []
    for range in ideographs { fill(range, Entry(.isolate)) }
    for range in UnicodeTables.ranges(UnicodeTables.whitespace) { fill(range, Entry(.boundary)) }
    for range in UnicodeTables.ranges(UnicodeTables.punctuation) { fill(range, Entry(.isolate)) }
    if options.stripsAccents {
      fill(0xAC00...0xD7A3, Entry(.decompose))
      classes = UnicodeTables.combiningClassOfScalar
      for scalar in classes.keys { fill(scalar...scalar, Entry(.reorder)) }
    }
    replace(options, ideographs)
    if options.stripsAccents {
      for range in UnicodeTables.ranges(UnicodeTables.marks) {
        for scalar in range {
          fill(scalar...scalar, Entry(classes[scalar] == nil ? .barrier : .remove))
        }
      }
    }
    if options.cleansText {
      for range in UnicodeTables.ranges(UnicodeTables.removed) { fill(range, Entry(.remove)) }
      for range in UnicodeTables.ranges(UnicodeTables.blank) { fill(range, Entry(.boundary)) }
    }
  }

  /// Enters the scalars that others take the place of: first the decomposition without its marks,
  /// then lower case.
  private mutating func replace(_ options: Options, _ ideographs: [ClosedRange<UInt32>]) {
    let stripped =
      options.stripsAccents ? UnicodeTables.mappings(UnicodeTables.stripped) : [:]
    let lowercase =
      options.lowercases ? UnicodeTables.mappings(UnicodeTables.lowercase) : [:]
    for scalar in Set(stripped.keys).union(lowercase.keys) {
      let targets = (stripped[scalar] ?? [scalar]).flatMap { lowercase[$0] ?? [$0] }
      let isIdeograph = ideographs.contains { $0.contains(scalar) }
      let replacements = targets.map { target in
        let action = isIdeograph ? .isolate : entry(target).action
        return (scalar: target, entry: Entry(action, action == .boundary ? 0 : target))
      }
      if replacements.count == 1 {
        fill(scalar...scalar, replacements[0].entry)
      } else {
        fill(scalar...scalar, Entry(.expand, UInt32(expansions.count)))
        expansions.append(replacements)
      }
    }
  }

  /// Enters a range; pages that it covers wholly share one page.
  private mutating func fill(_ range: ClosedRange<UInt32>, _ entry: Entry) {
    var shared: UInt16?
    var scalar = Int(range.lowerBound)
    while scalar <= Int(range.upperBound) {
      let page = scalar / Self.pageSize
      let last = min(Int(range.upperBound), (page + 1) * Self.pageSize - 1)
      if scalar == page * Self.pageSize, last == scalar + Self.pageSize - 1 {
        let whole = shared ?? append(Array(repeating: entry, count: Self.pageSize))
        shared = whole
        sharedPages.insert(whole)
        pageOf[page] = whole
      } else {
        let start = Int(ownPage(page)) * Self.pageSize
        for position in scalar...last { entries[start + position % Self.pageSize] = entry }
      }
      scalar = last + 1
    }
  }

  /// The number of the page of 256 scalars, copied where others share it.
  private mutating func ownPage(_ page: Int) -> UInt16 {
    let current = pageOf[page]
    guard sharedPages.contains(current) else { return current }
    let start = Int(current) * Self.pageSize
    pageOf[page] = append(Array(entries[start..<(start + Self.pageSize)]))
    return pageOf[page]
  }

  private mutating func append(_ page: [Entry]) -> UInt16 {
    entries += page
    return UInt16(entries.count / Self.pageSize - 1)
  }
}
