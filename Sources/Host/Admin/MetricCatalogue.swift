import OpenMetrics

/// All metrics of a node, in the order in which they are told. docs/operations.md has the same table for operators.
///
/// No label has values that somebody else can make up: no names, addresses or origins.
enum MetricCatalogue {
    static let families: [MetricFamily] = process + clients + messages + tree + work + faults

    private static let process: [MetricFamily] = [
        gauge("coppice_build_info", "1; the version is in the label."),
        gauge("process_start_time_seconds", "When the process began, in seconds since 1970."),
        counter("process_cpu_seconds", "CPU time of the process, in seconds."),
        gauge("process_resident_memory_bytes", "Memory of the process."),
        gauge("process_max_fds", "Descriptors that there may be."),
        gauge(
            "coppice_config_last_reload_successful",
            "1 if the files of the part could be used when they were read last, else 0."),
        gauge(
            "coppice_config_last_reload_success_timestamp_seconds",
            "When the files of the part could be used last, in seconds since 1970."),
    ]

    private static let clients: [MetricFamily] = [
        gauge("coppice_connections", "Connections of every kind."),
        gauge("coppice_clients", "Logged-in clients."),
        gauge("coppice_clients_limit", "Clients that there may be (--max-clients)."),
        gauge("coppice_clients_pending", "Connections that have not shown yet who they are."),
        gauge("coppice_clients_parked", "Clients that wait until the node has its position in the tree."),
        gauge("coppice_clients_resuming", "Clients that came back and catch up."),
        gauge("coppice_clients_held_back", "1 while clients are held back for slow links or missing copies."),
        counter("coppice_logins", "Logins by their result."),
        counter("coppice_registrations", "Registrations by their result."),
        counter(
            "coppice_clients_moved", "Clients that were sent to other nodes by coppice drain and coppice rebalance."),
        gauge("coppice_draining", "1 while the node is drained of its clients."),
        counter("coppice_redirects", "Clients that were sent to another node."),
        counter("coppice_refusals", "Newcomers, and requests of clients, that were refused, by the reason."),
        counter("coppice_clients_closed", "Clients that were closed, by the reason."),
        counter("coppice_tls_handshakes", "TLS handshakes by their result."),
        gauge("coppice_tls_certificate_expiry_timestamp_seconds", "When the certificate ends, in seconds since 1970."),
        gauge(
            "coppice_link_certificate_expiry_timestamp_seconds",
            "When the certificate for links ends, in seconds since 1970."),
    ]

    private static let messages: [MetricFamily] = [
        counter("coppice_messages_accepted", "Entries of the log that were accepted at this node."),
        counter("coppice_messages_stored", "Entries of the log that were stored: its stored mark."),
        counter("coppice_messages_safe", "Entries that enough nodes hold: the safe mark."),
        counter("coppice_messages_shown", "Entries that clients may read."),
        counter("coppice_deliveries", "Entries times the clients that followed when they could be read."),
        counter("coppice_received_bytes", "Bytes read from connections of every kind."),
        counter("coppice_sent_bytes", "Bytes written to connections of every kind."),
        gauge("coppice_queue_messages", "Entries that were accepted here and are not safe yet."),
        gauge("coppice_queue_bytes", "Bytes of what was accepted here and waits for copies, stamps or delivery."),
        gauge("coppice_queue_limit_bytes", "Bytes from which on clients are held back."),
        gauge("coppice_waiting_messages", "Entries that are stored and not shown yet."),
        gauge("coppice_log_messages", "Entries that the log keeps."),
        gauge("coppice_log_bytes", "Bytes that the log takes."),
        gauge("coppice_log_limit_bytes", "Bytes that the log may take (--retention-bytes)."),
        gauge("coppice_log_oldest_age_seconds", "Age of the oldest entry that the log keeps."),
        gauge("coppice_log_origins", "Lives of nodes that the log knows."),
        gauge("coppice_cursors_behind", "Clients that have not been given all that they may read."),
        gauge("coppice_cursors_waiting", "Clients whose socket takes no more for now; without those that use TLS."),
        gauge("coppice_cursors_lag_bytes", "Bytes that the client which lags most has not been given."),
        gauge("coppice_cursors_lag_limit_bytes", "Lag at which a client is closed (--max-lag-bytes)."),
        histogram(
            "coppice_replication_seconds",
            [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            "From the storing of an entry until it was safe. One entry at a time is measured."),
    ]

    private static let tree: [MetricFamily] = [
        gauge("coppice_ready", "1 if the node is in its tree and admits clients, as /ready says."),
        gauge("coppice_role", "1 for the node's role in the tree, 0 for the others."),
        gauge("coppice_tree_term", "Term of the node's label."),
        gauge("coppice_tree_depth", "Links between the node and the root."),
        gauge("coppice_tree_nodes", "Nodes that the node is linked with, itself among them."),
        gauge("coppice_known_nodes", "Nodes whose addresses the node remembers."),
        gauge("coppice_links", "Links by the other side's role and by their state."),
        gauge("coppice_links_lag_messages", "Entries that the link which lags most has not been given."),
        gauge("coppice_links_left_behind", "Children that miss messages since their link takes too little."),
        counter("coppice_links_lost", "Links to nodes that were lost, by the reason."),
        counter("coppice_promotions", "How often the node became root."),
        histogram(
            "coppice_healing_seconds", [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
            "From the loss of the parent until the node had another one, or was root."),
        gauge("coppice_clock_answers", "1 while a clock server answers, or none is asked."),
        counter("coppice_clock_silences", "How often the clock servers stopped answering."),
    ]

    private static let work: [MetricFamily] = [
        histogram(
            "coppice_turn_seconds",
            [0.00001, 0.000025, 0.0001, 0.00025, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5],
            "Turns of the loop, without the time that it waits."),
        gauge("coppice_hashes_waiting", "Secrets that wait for their check."),
        gauge("coppice_hashes_running", "Secrets that are checked now."),
        gauge("coppice_questions", "Questions to the tree that are not answered yet."),
        gauge("coppice_accounts", "Registered names."),
        gauge("coppice_accounts_limit", "Names that may be registered (--max-accounts)."),
        gauge("coppice_accounts_unsaved", "Changes of accounts that are not on the disk yet."),
        gauge("coppice_bans", "Bans that stand, in the whole network."),
        gauge("coppice_bans_limit", "Bans that may stand."),
        counter("coppice_http_requests", "Requests of HTTP to the clients' port by their answer."),
        counter("coppice_websockets_closed", "WebSockets that this node has ended, by the code."),
        counter("coppice_admin_requests", "Requests to the admin port by their answer."),
        gauge("coppice_admin_connections", "Connections to the admin port."),
        histogram(
            "coppice_admin_scrape_seconds", [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05],
            "How long the answer to /metrics kept the loop."),
    ]

    private static let faults: [MetricFamily] = [
        counter("coppice_waits", "How often clients were held back for so long that the log says so."),
        counter("coppice_entries_left_out", "Entries that children missed since their links took too little."),
        counter("coppice_entries_lost", "Entries that this node missed, since nobody keeps them any more."),
        counter("coppice_streams_broken", "Links that were dropped since what came on them can't be true."),
        counter("coppice_links_stuck", "Links that were dropped since nothing moved on them any more."),
        counter("coppice_bad_frames", "Messages of other nodes that were skipped."),
        counter("coppice_wrong_node_secrets", "Wrong secrets that were shown for the network's."),
        counter("coppice_alarms", "Rules of the tree that another node has broken."),
        gauge("coppice_disk_failing", "1 while accounts or bans can't be saved."),
        counter("coppice_disk_failures", "How often the saving of accounts or bans began to fail."),
        counter("coppice_log_lines_dropped", "Lines of the log that nobody has read in time."),
    ]

    private static func counter(_ name: String, _ help: String) -> MetricFamily { MetricFamily(name, .counter, help) }
    private static func gauge(_ name: String, _ help: String) -> MetricFamily { MetricFamily(name, .gauge, help) }
    private static func histogram(_ name: String, _ buckets: [Double], _ help: String) -> MetricFamily {
        MetricFamily(name, .histogram(buckets: buckets), help)
    }
}
