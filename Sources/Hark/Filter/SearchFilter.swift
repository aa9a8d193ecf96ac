/// Which chunks a search may find, by their documents' metadata, paths, types, dates and ids.
///
/// As JSON it has the form of Qdrant's filters: the lists `must`, `should` and `must_not` of
/// conditions, and `min_should`. What each condition says is described at ``Condition``, the keys at
/// ``FilterKey``, and both with examples in docs/retrieval.md.
///
/// ```swift
/// let filter = SearchFilter(
///   must: [.folder("/handbook"), .range("metadata.edition", .atLeast(3))],
///   mustNot: [.match("language", "ko")])
/// ```
public struct SearchFilter: Sendable, Hashable {
  /// Conditions that have to hold, each of them.
  public var must: [Condition]
  /// Conditions of which one has to hold, where there are any.
  public var should: [Condition]
  /// Conditions of which none may hold.
  public var mustNot: [Condition]
  /// Conditions of which some number has to hold.
  public var minShould: MinShould?

  /// Conditions of which some number has to hold.
  public struct MinShould: Sendable, Hashable {
    /// The conditions.
    public var conditions: [Condition]
    /// How many of them have to hold, at least 1.
    public var minCount: Int

    /// Asks for `minCount` of some conditions.
    public init(_ conditions: [Condition], minCount: Int) {
      self.conditions = conditions
      self.minCount = minCount
    }
  }

  /// A filter of conditions. Without any, it lets all chunks pass.
  public init(
    must: [Condition] = [], should: [Condition] = [], mustNot: [Condition] = [],
    minShould: MinShould? = nil
  ) {
    self.must = must
    self.should = should
    self.mustNot = mustNot
    self.minShould = minShould
  }

  /// The greatest depth of filters within filters.
  public static let depthLimit = 16
  /// The greatest number of conditions, those of filters within counted.
  public static let conditionLimit = 1_000
  /// The greatest number of values in one condition.
  public static let valueLimit = 10_000
}

extension SearchFilter {
  /// What a chunk has to fulfil.
  ///
  /// A key may have several values: a list has those that are in it, a chunk has all pages that it
  /// touches. A condition holds where it holds for one of them.
  public indirect enum Condition: Sendable, Hashable {
    /// A value is the one given, or as described.
    case match(String, Match)
    /// A value lies within bounds.
    case range(String, Bounds)
    /// The key has no value, or an empty list.
    case isEmpty(String)
    /// The key has a value.
    case exists(String)
    /// The chunk has one of some ids.
    case hasID([Int64])
    /// The chunk's document has one of some ids.
    case hasDocumentID([Int64])
    /// One of the objects under a key of the metadata fulfils a filter, whose keys are the names
    /// within the object.
    case nested(String, SearchFilter)
    /// A filter within the filter holds.
    case filter(SearchFilter)
  }

  /// What a value is compared with.
  public enum Match: Sendable, Hashable {
    /// The value is this one.
    case value(MetadataValue)
    /// The value is one of these.
    case any([MetadataValue])
    /// There is a value that is none of these.
    case except([MetadataValue])
    /// The value is a text that contains this one; the case of letters and the width of characters
    /// do not matter.
    case text(String)
    /// The value is a text that begins with this one; a path, one of a file in this folder.
    case prefix(String)
  }

  /// The bounds of a range: numbers, or dates.
  public struct Bounds: Sendable, Hashable {
    /// What values have to be greater than.
    public var greater: MetadataValue?
    /// What values may be at least.
    public var atLeast: MetadataValue?
    /// What values have to be less than.
    public var less: MetadataValue?
    /// What values may be at most.
    public var atMost: MetadataValue?

    /// Bounds: numbers, or dates; at least one.
    public init(
      greater: MetadataValue? = nil, atLeast: MetadataValue? = nil, less: MetadataValue? = nil,
      atMost: MetadataValue? = nil
    ) {
      self.greater = greater
      self.atLeast = atLeast
      self.less = less
      self.atMost = atMost
    }

    /// At least so much.
    public static func atLeast(_ bound: MetadataValue) -> Bounds { Bounds(atLeast: bound) }
    /// At most so much.
    public static func atMost(_ bound: MetadataValue) -> Bounds { Bounds(atMost: bound) }
    /// All between two values and these.
    public static func between(_ least: MetadataValue, _ most: MetadataValue) -> Bounds {
      Bounds(atLeast: least, atMost: most)
    }
  }
}

extension SearchFilter.Condition {
  /// A value under a key is this one.
  public static func match(_ key: String, _ value: MetadataValue) -> Self {
    .match(key, .value(value))
  }

  /// A value under a key is one of these.
  public static func match(_ key: String, any values: [MetadataValue]) -> Self {
    .match(key, .any(values))
  }

  /// There is a value under a key that is none of these.
  public static func match(_ key: String, except values: [MetadataValue]) -> Self {
    .match(key, .except(values))
  }

  /// The file lies in a folder, or in one within it.
  ///
  /// - Parameter path: the folder's absolute path.
  public static func folder(_ path: String) -> Self {
    .match(FilterKey.Field.path.rawValue, .prefix(path))
  }
}

extension MetadataValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
  /// A text, or a date where the text is one as a whole.
  public init(stringLiteral value: String) { self.init(value) }
  /// A number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// Yes or no.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
}
