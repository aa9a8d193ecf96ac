import NIOCore

extension HarkClient {
  /// Calls a method by its name, such as one that this client does not know yet.
  ///
  /// ```swift
  /// struct Count: Decodable { let turns: Int }
  /// let count = try await hark.call("chat.count", params: ["user_id": "minji"], as: Count.self)
  /// ```
  ///
  /// - Parameters:
  ///   - method: the name of the method.
  ///   - params: its parameters: what encodes as an object of JSON.
  ///   - type: what the result is decoded as, by a plain `JSONDecoder`.
  ///   - isRepeatable: whether the call does no harm when it is done twice, because it reads or
  ///     carries a request key: it is made once more then where the connection ends before the
  ///     answer.
  /// - Throws: what the server answers; `connection-failed`, `connection-lost`, `answer-malformed`,
  ///   `timed-out`, `client-closed`, `canceled`, `too-large`, `invalid-params`.
  /// - Complexity: O(bytes). The caller's actor neither encodes nor decodes.
  @concurrent
  public func call<Value: Decodable & Sendable>(
    _ method: String, params: some Encodable & Sendable, as type: Value.Type = Value.self,
    isRepeatable: Bool = false
  ) async throws(HarkClientError) -> Value {
    try await value(of: Request(method, params), isRepeatable: isRepeatable)
  }

  /// Calls a method of which a repetition does no harm.
  @concurrent
  func call<Value: Decodable & Sendable>(
    _ method: String, _ parameters: Parameters = [:]
  ) async throws(HarkClientError) -> Value {
    try await value(of: Request(method, parameters), isRepeatable: true)
  }

  /// Makes a call as often as it takes and the policy allows.
  func value<Value: Decodable>(
    of request: Request, isRepeatable: Bool
  ) async throws(HarkClientError) -> Value {
    let deadline = timeout.map { timeout in
      NIODeadline.now() + TimeAmount(min(max(timeout, .zero), .seconds(86_400)))
    }
    var attempt = 1
    var loss: HarkClientError?
    while true {
      let failure: HarkClientError
      switch await link.exchange(request, until: deadline) {
      case .answered(let line):
        do throws(HarkClientError) {
          return try Answer<Value>.value(in: line, of: request.method)
        } catch {
          failure = error
        }
      case .failed(let error, wasSent: true):
        // It may have been done: again only where that does no harm, and no server is lost twice.
        guard isRepeatable, loss == nil else { throw error }
        if error.code == .connectionLost { loss = error }
        failure = error
      case .failed(let error, wasSent: false):
        // That nobody is there now does not tell what became of the first attempt.
        failure = error.code == .connectionFailed ? loss ?? error : error
      }
      guard let pause = retries.pause(afterAttempt: attempt, failure),
        deadline.map({ NIODeadline.now() + TimeAmount(pause) < $0 }) ?? true
      else { throw failure }
      guard (try? await Task.sleep(for: pause)) != nil else { throw .callCanceled }
      attempt += 1
    }
  }
}
