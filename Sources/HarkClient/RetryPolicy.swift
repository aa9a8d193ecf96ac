extension HarkClient {
  /// How often and after what pauses a call is made again.
  ///
  /// A call is repeated where the server says that it may succeed later (`busy`, `store-locked`),
  /// and where the server cannot be reached. Where the connection ended before the answer, the call
  /// may have been done: it is made once more if that does no harm, because it reads, or writes
  /// under a request key. No call is made again after its time is over.
  public struct RetryPolicy: Sendable, Hashable {
    /// How often a call is made at most, the first time included.
    public var attempts: Int
    /// The pause after the first attempt; each one after it is twice as long.
    public var firstPause: Duration
    /// The longest pause. A server that wants a longer one gets no other attempt.
    public var longestPause: Duration

    /// Makes a policy.
    public init(
      attempts: Int = 4, firstPause: Duration = .milliseconds(100),
      longestPause: Duration = .seconds(5)
    ) {
      self.attempts = attempts
      self.firstPause = firstPause
      self.longestPause = longestPause
    }

    /// Every call is made once.
    public static let none = RetryPolicy(attempts: 1)
  }
}

extension HarkClient.RetryPolicy {
  /// The pause after an attempt that ended with an error; nil where there is to be no other one.
  ///
  /// It is drawn out by up to a quarter, so that clients that failed together part.
  func pause(afterAttempt attempt: Int, _ error: HarkClientError) -> Duration? {
    guard error.retryable, attempt < attempts else { return nil }
    let longest = min(max(longestPause, .zero), .seconds(86_400))
    let first = min(max(firstPause, .zero), longest)
    var pause = min(first * (1 << min(attempt - 1, 20)), longest)
    if let wanted = error.retryAfter {
      guard wanted <= longest else { return nil }
      pause = wanted
    }
    return pause * Double.random(in: 1...1.25)
  }
}
