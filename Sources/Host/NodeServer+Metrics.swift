import CoreMetrics
import TLS
import Tree
import UV

// What monitoring is told of a node (docs/operations.md#metrics).

extension NodeServer {
    /// What the shell has counted since its start.
    var counts: Counts {
        var counts = Counts()
        counts.refused = connectionAdmission.refused
        counts.handshakes = handshakes.completed
        counts.failedHandshakes = handshakes.failed
        counts.crowdedOutHandshakes = handshakes.crowdedOut
        counts.loudWaits = loud.waits
        counts.bytesRead = loop.bytesRead
        counts.bytesWritten = loop.bytesWritten + followers.bytesWritten
        return counts
    }

    /// What this node has done since its start, with what is read of its turns.
    var work: WorkReport {
        let counts = counts
        let lag = followers.lag(behind: node.readableEnd)
        return WorkReport(
            sampledMilliseconds: Loop.monotonicNanoseconds / 1_000_000, accepted: node.acceptedCount,
            deliveries: deliveries.count, bytesRead: counts.bytesRead, bytesWritten: counts.bytesWritten,
            clientsBehind: lag.members, slowestBytes: lag.mostBytes, longestTurn: turns.recentMicroseconds)
    }

    /// Hands the present values of all metrics to their backend.
    func publish(_ metrics: NodeMetrics) {
        let measures = node.measures
        metrics.publish { to in
            publishProcess(&to)
            publishClients(metrics, measures, &to)
            publishMessages(metrics, measures, &to)
            publishTree(metrics, measures, &to)
            publishWork(metrics, measures, &to)
            publishFaults(metrics, &to)
        }
    }

    private func publishProcess(_ to: inout MetricPublisher) {
        to.set("coppice_build_info", 1, by: [("version", settings.version)])
        to.set("process_start_time_seconds", Double(startedAt) / 1000)
        to.count("process_cpu_seconds", Double(ProcessUsage.ownCPUMicroseconds) / 1e6)
        to.set("process_resident_memory_bytes", ProcessMemory.residentBytes)
        to.set("process_max_fds", settings.descriptorBudget.descriptors)
        for (part, reading) in readings {
            to.set("coppice_config_last_reload_successful", reading.hasSucceeded, by: [("part", part)])
            to.set(
                "coppice_config_last_reload_success_timestamp_seconds", Double(reading.succeededAt) / 1000,
                by: [("part", part)])
        }
    }

    private func publishClients(_ metrics: NodeMetrics, _ measures: Measures, _ to: inout MetricPublisher) {
        let counts = node.counts
        to.set("coppice_connections", loop.openStreams)
        to.set("coppice_clients", measures.clients)
        to.set("coppice_clients_limit", node.configuration.limits.clients)
        to.set("coppice_clients_pending", measures.pending)
        to.set("coppice_clients_parked", measures.parked)
        to.set("coppice_clients_resuming", measures.resuming)
        to.set("coppice_clients_held_back", measures.heldBack != nil)
        to.count("coppice_logins", metrics.logins.succeeded, by: [("result", "succeeded")])
        to.count("coppice_logins", metrics.logins.failed, by: [("result", "failed")])
        to.count("coppice_registrations", metrics.registrations.succeeded, by: [("result", "succeeded")])
        to.count("coppice_registrations", metrics.registrations.failed, by: [("result", "failed")])
        to.count("coppice_redirects", metrics.redirects)
        to.count("coppice_clients_moved", counts.movedClients)
        to.set("coppice_draining", node.isDrained)
        for cause in RefusalCause.allCases {
            to.count("coppice_refusals", node.refusals(for: cause), by: [("reason", "\(cause)")])
        }
        to.count("coppice_refusals", connectionAdmission.refused, by: [("reason", "descriptors")])
        to.count("coppice_refusals", balancers?.refused ?? 0, by: [("reason", "proxy")])
        to.count("coppice_clients_closed", counts.slowClients, by: [("reason", "slow")])
        to.count("coppice_clients_closed", counts.idleClients, by: [("reason", "idle")])
        to.count("coppice_clients_closed", counts.endedSessions, by: [("reason", "ended")])
        to.count("coppice_tls_handshakes", handshakes.completed, by: [("result", "completed")])
        to.count("coppice_tls_handshakes", handshakes.failed, by: [("result", "failed")])
        to.count("coppice_tls_handshakes", handshakes.crowdedOut, by: [("result", "crowded_out")])
        if let expires = certificates?.context.expires {
            to.set("coppice_tls_certificate_expiry_timestamp_seconds", Double(expires))
        }
        if let expires = linkKeys.certificates?.context.expires {
            to.set("coppice_link_certificate_expiry_timestamp_seconds", Double(expires))
        }
    }

    private func publishMessages(_ metrics: NodeMetrics, _ measures: Measures, _ to: inout MetricPublisher) {
        let limits = node.configuration.limits
        to.count("coppice_messages_accepted", measures.accepted)
        to.count("coppice_messages_stored", measures.stored)
        to.count("coppice_messages_safe", measures.safe)
        to.count("coppice_messages_shown", measures.shown)
        to.count("coppice_deliveries", deliveries.count)
        to.count("coppice_received_bytes", counts.bytesRead)
        to.count("coppice_sent_bytes", counts.bytesWritten)
        to.set("coppice_queue_messages", measures.queueEntries)
        to.set("coppice_queue_bytes", measures.queueBytes)
        to.set("coppice_queue_limit_bytes", limits.queueBytes)
        to.set("coppice_waiting_messages", measures.waiting)
        to.set("coppice_log_messages", measures.logEntries)
        to.set("coppice_log_bytes", measures.logBytes)
        to.set("coppice_log_limit_bytes", limits.retentionBytes)
        to.set("coppice_log_oldest_age_seconds", measures.oldest.map(Self.seconds) ?? 0)
        to.set("coppice_log_origins", measures.origins)
        let lag = followers.lag(behind: node.readableEnd)
        to.set("coppice_cursors_behind", lag.members)
        to.set("coppice_cursors_waiting", followers.waiting)
        to.set("coppice_cursors_lag_bytes", Double(lag.mostBytes))
        to.set("coppice_cursors_lag_limit_bytes", settings.lagBytes)
    }

    private func publishTree(_ metrics: NodeMetrics, _ measures: Measures, _ to: inout MetricPublisher) {
        to.set("coppice_ready", node.readiness == .ready)
        for standing in [Standing.joining, .root, .attached, .orphan] {
            to.set("coppice_role", node.standing == standing, by: [("role", "\(standing)")])
        }
        to.set("coppice_tree_term", Double(node.currentLabel.term))
        to.set("coppice_tree_depth", Double(node.currentLabel.depth))
        to.set("coppice_tree_nodes", measures.nodes)
        to.set("coppice_known_nodes", measures.knownNodes)
        for (role, name) in [(LinkStatus.Role.parent, "parent"), (.child, "child"), (.baseServer, "base_server")] {
            for state in LinkStatus.State.allCases {
                let count = measures.links.count { $0.role == role && $0.state == state }
                to.set("coppice_links", count, by: [("role", name), ("state", "\(state)")])
            }
        }
        to.set("coppice_links_lag_messages", Double(measures.links.map(\.behind).max() ?? 0))
        to.set("coppice_links_left_behind", measures.childrenLeftBehind)
        for reason in [LossReason.closed, .silent, .replaced, .leaving, .broken, .stuck] {
            let count = metrics.linksLost[reason] ?? 0
            to.count("coppice_links_lost", count, by: [("reason", "\(reason)")])
        }
        to.count("coppice_promotions", metrics.promotions)
        to.set("coppice_clock_answers", measures.clockAnswers)
        to.count("coppice_clock_silences", metrics.clockSilences)
    }

    private func publishWork(_ metrics: NodeMetrics, _ measures: Measures, _ to: inout MetricPublisher) {
        to.set("coppice_hashes_waiting", measures.hashesWaiting)
        to.set("coppice_hashes_running", measures.hashesUnderWay)
        to.set("coppice_questions", measures.questions)
        to.set("coppice_accounts", measures.accounts)
        to.set("coppice_accounts_limit", node.configuration.limits.accounts)
        to.set("coppice_accounts_unsaved", measures.accountsUnsaved)
        to.set("coppice_bans", measures.bans)
        to.set("coppice_bans_limit", node.configuration.limits.bans)
        for (status, count) in webCounts.answers {
            to.count("coppice_http_requests", count, by: [("status", "\(status)")])
        }
        for (code, count) in webCounts.closes {
            to.count("coppice_websockets_closed", count, by: [("code", code == 0 ? "other" : "\(code)")])
        }
        for (status, count) in admin?.answers ?? [:] {
            to.count("coppice_admin_requests", count, by: [("status", "\(status)")])
        }
        to.set("coppice_admin_connections", admin?.connectionCount ?? 0)
    }

    private func publishFaults(_ metrics: NodeMetrics, _ to: inout MetricPublisher) {
        let counts = node.counts
        to.count("coppice_waits", counts.waits)
        to.count("coppice_entries_left_out", counts.leftOut)
        to.count("coppice_entries_lost", metrics.entriesLost)
        to.count("coppice_streams_broken", counts.brokenStreams)
        to.count("coppice_links_stuck", counts.stuckLinks)
        to.count("coppice_bad_frames", metrics.badFrames)
        to.count("coppice_wrong_node_secrets", metrics.wrongNodeSecrets)
        to.count("coppice_alarms", metrics.alarms)
        to.set("coppice_disk_failing", metrics.isDiskFailing)
        to.count("coppice_disk_failures", metrics.diskFailures)
        to.count("coppice_log_lines_dropped", StandardError.linesLost)
    }

    private static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}
