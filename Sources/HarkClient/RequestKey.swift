extension HarkClient {
  /// What tells a write from every other one, so that a retry doubles nothing.
  ///
  /// Every method that writes makes a key of its own where none is given. Give one where the same
  /// write may be asked for again by a later call, such as after a restart of the program: the server
  /// remembers keys for seven days, does nothing the second time and returns what it returned then.
  public struct RequestKey: RawRepresentable, Sendable, Hashable, Encodable {
    /// The key, 1 to 256 bytes.
    public let rawValue: String

    /// Makes a key from text that tells the write from every other one.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Makes a key that nobody has: 128 random bits.
    public init() {
      let bits = UInt128.random(in: .min ... .max)
      rawValue = String(bits, radix: 36)
    }
  }
}

extension HarkClient.RequestKey: ExpressibleByStringLiteral {
  /// Makes a key from text that tells the write from every other one.
  public init(stringLiteral value: String) { self.init(rawValue: value) }
}
