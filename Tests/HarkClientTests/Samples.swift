/// Results as a server gives them, with members that no client knows yet.
enum Samples {
  static let document =
    #"{"id":3,"name":"travel.pdf","file_path":"/a/travel.pdf","file_type":"pdf","new":1}"#
  static let given =
    #"{"id":4,"name":"crm/7","file_path":null,"external_id":"crm/7","file_type":"text"}"#
  static let chunk = """
    {"id":9007199254740993,"index":2,"page_number":4,"page_end":5,"page_label":"iv","start":10,\
    "end":20,"heading":"Trips > Approval","new":[]}
    """
  static let search = """
    {"query":"trip","mode":"hybrid","took_ms":1.5,"confidence":0.5,"new":{},"hits":[{"rank":1,"score":0.75,\
    "document":\(document),"chunk":\(chunk),"text":"The manager."}]}
    """
  static let context = """
    {"query":"trip","mode":"psychic","took_ms":2,"budget_tokens":1500,"tokens":6,"confidence":0.5,\
    "text":"[1] The manager.","passages":[{"rank":1,"score":0.75,"document":\(given),\
    "chunk_ids":[5,6],"page_number":null,"page_end":null,"heading":null,"start":0,"end":12,\
    "text":"The manager.","new":1}],"omitted":2,"sources":[{"chunk_id":5,"rank":1,"score":0.75},\
    {"chunk_id":6,"rank":1,"score":0.5,"new":1}]}
    """
  /// 1, -2.5 and 0 as float32.
  static let embeddings =
    #"{"count":1,"dimension":3,"vectors":["AACAPwAAIMAAAAAA"],"new":1}"#
  static let source = """
    {"rank":1,"score":null,"chunk_id":5,"document_id":4,"name":"crm/7","file_path":null,\
    "external_id":"crm/7","page_number":null,"page_end":null,"start":0,"end":12,"heading":null,\
    "text":"The manager.","content_hash":"ab","generation":8,"redacted":false}
    """
  static let turn = """
    {"id":7,"session_id":"s","user_id":"u","status":"pending","created_at":"2025-01-02T03:04:05Z",\
    "answered_at":null,"user_message":"Why?","assistant_response":"","sources":[\(source)],"new":1}
    """
  static let feedback = """
    {"id":2,"user_id":"u","message_id":7,"feedback_type":"not_helpful","rating":2,\
    "created_at":"2025-01-02T03:04:05Z"}
    """
  static let task = """
    {"job_id":11,"kind":"ingest","status":"processing","payload":{"paths":["/a"]},"priority":0,\
    "assigned_agent_id":"host:1","created_at":"2025-01-02T03:04:05Z",\
    "scheduled_at":"2025-01-02T03:04:05Z","started_at":null,"finished_at":null,\
    "cancel_requested":false,"attempts":1,"counts":{"added":2,"seconds":0.5},"error_code":null,\
    "error_message":null}
    """
  static let record = """
    {"id":3,"collection":"default","name":"travel.pdf","file_path":"/a/travel.pdf",\
    "external_id":null,"file_type":"pdf","file_size":4096,"title":"Travel",\
    "metadata":{"title":"Travel","tags":["a","b"],"year":2025,"ratio":0.5,"draft":false},\
    "page_count":2,"chunk_count":1,"token_count":30,"created_at":"2025-01-02T03:04:05Z",\
    "updated_at":"2025-01-02T03:04:05Z"}
    """
  static let contents = """
    {"document":\(record),"text":"The manager.","chunks":[{"chunk":\(chunk),"text":"The manager."}]}
    """
  static let passage = #"{"document":\#(document),"chunk":\#(chunk),"text":"The manager."}"#
  static let collection = """
    {"id":1,"name":"default","description":null,"model":null,"model_path":null,\
    "model_fingerprint":null,"dimension":null,"chunk_tokens":200,"chunk_overlap":1,\
    "chunker_version":1,"documents":0,"chunks":0,"created_at":"2025-01-02T03:04:05Z"}
    """
  static let statistics = """
    {"store":"/s","collections":[{"name":"default","model":"m","documents":1,"types":{"pdf":1},\
    "languages":{"unknown":1},"chunks":2,"tokens":3,"file_bytes":4,"text_bytes":5,"segments":6,\
    "segment_bytes":7,"tail":8,"masked":9,"failures":{"no-text":1}}],"tasks":{"succeeded":1},\
    "catalog_bytes":10,"segment_bytes":11,"free_bytes":12}
    """
  static let session = """
    {"session_id":"s","user_id":"u","turns":2,"title":"Why?","created_at":"2025-01-02T03:04:05Z",\
    "updated_at":"2025-01-02T03:04:05Z"}
    """
}
