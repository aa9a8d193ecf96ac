extension HarkClient {
  /// How far a task is.
  public struct TaskProgress: Sendable, Hashable, Decodable {
    /// The task.
    public let task: Int64
    /// What it is at.
    public let phase: String
    /// Files that are done.
    public let filesDone: Int
    /// Files in all, as far as they are known.
    public let filesTotal: Int
    /// Chunks that are done.
    public let chunksDone: Int

    enum CodingKeys: String, CodingKey {
      case task, phase
      case filesDone = "files_done"
      case filesTotal = "files_total"
      case chunksDone = "chunks_done"
    }
  }

  /// How far a task is, from now to its end.
  public struct ProgressSequence: AsyncSequence, Sendable {
    let client: HarkClient
    let task: Int64

    /// Subscribes to the task.
    public func makeAsyncIterator() -> Iterator { Iterator(client, task) }

    /// A subscription; it ends with the iterator.
    public struct Iterator: AsyncIteratorProtocol {
      private var events: AsyncStream<Result<TaskProgress, HarkClientError>>.Iterator

      init(_ client: HarkClient, _ task: Int64) {
        // What is newest counts, and an error comes last.
        let (stream, continuation) = AsyncStream.makeStream(
          of: Result<TaskProgress, HarkClientError>.self, bufferingPolicy: .bufferingNewest(16))
        let subscription = Task {
          do throws(HarkClientError) {
            _ = try await client.subscribe(to: task) { continuation.yield(.success($0)) }
          } catch {
            continuation.yield(.failure(error))
          }
          continuation.finish()
        }
        continuation.onTermination = { _ in subscription.cancel() }
        events = stream.makeAsyncIterator()
      }

      /// The next news; nil when the task is finished, or the task that asks is canceled.
      ///
      /// - Throws: `task-missing`.
      public mutating func next(
        isolation actor: isolated (any Actor)?
      ) async throws(HarkClientError) -> TaskProgress? {
        try await events.next(isolation: actor)?.get()
      }
    }
  }
}
