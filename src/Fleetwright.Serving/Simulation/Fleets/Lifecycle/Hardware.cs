namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <summary>
/// What replicas stand on: when chips and nodes fail, how long repairs take, which sets of chips stand by. Replicas lie on nodes in the order of their numbers: a replica of more chips than a node has nodes of
/// its own, and smaller ones share a node as many as fit.
/// </summary>
internal sealed class Hardware
{
    private readonly FailureRules _rules;
    private readonly HazardProcess[] _chips;
    private readonly HazardProcess[] _repairs;
    private readonly HazardProcess[] _nodes;
    private readonly (int From, int To)[] _onNode;
    private readonly int[] _spares;
    private readonly Queue<(int Replica, int Epoch)>[] _wanting;

    /// <param name="rules">How often and for how long.</param>
    /// <param name="parts">The kinds.</param>
    /// <param name="kindOf">The kind of each replica.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="events">Takes the first failures.</param>
    public Hardware(FailureRules rules, IReadOnlyList<FleetPart> parts, int[] kindOf, ulong seed, FleetEvents events)
    {
        _rules = rules;
        _spares = [.. parts.Select(_ => rules.Spares)];
        _wanting = [.. parts.Select(_ => new Queue<(int, int)>())];
        ulong chips = RandomStream.SeedOf(seed, "failures", "chips"), nodes = RandomStream.SeedOf(seed, "failures", "nodes"), repairs = RandomStream.SeedOf(seed, "failures", "repairs");
        _chips = [.. kindOf.Select((kind, i) => new HazardProcess(rules.ChipMtbfSeconds / parts[kind].Replica.Chips, chips, i))];
        _repairs = [.. kindOf.Select((_, i) => new HazardProcess(rules.RepairSeconds, repairs, i))];
        _onNode = [.. Nodes(parts, kindOf)];
        _nodes = [.. _onNode.Select((n, i) => new HazardProcess(rules.NodeMtbfSeconds / NodesOf(parts[kindOf[n.From]]), nodes, i))];
        for (int i = 0; i < _chips.Length && double.IsFinite(rules.ChipMtbfSeconds); i++)
        {
            events.Add(_chips[i].Next(0), FleetEventKind.ChipFails, i);
        }

        for (int i = 0; i < _nodes.Length && double.IsFinite(rules.NodeMtbfSeconds); i++)
        {
            events.Add(_nodes[i].Next(0), FleetEventKind.NodeFails, i);
        }
    }

    /// <summary>The next failure of a replica's chips.</summary>
    public long NextOfChips(int replica, long now) => _chips[replica].Next(now);

    /// <summary>The next failure of a node, or of a replica's nodes.</summary>
    public long NextOfNode(int node, long now) => _nodes[node].Next(now);

    /// <summary>The replicas on a node.</summary>
    public (int From, int To) OnNode(int node) => _onNode[node];

    /// <summary>Ticks of a repair of a replica's hardware.</summary>
    public long Repair(int replica) => _repairs[replica].Draw(_rules.RepairSeconds);

    /// <summary>Takes a spare of a kind; false when there is none, and then the replica is the next to get what is repaired.</summary>
    public bool TakeSpare(int kind, int replica, int epoch)
    {
        if (_spares[kind] > 0)
        {
            _spares[kind]--;
            return true;
        }

        _wanting[kind].Enqueue((replica, epoch));
        return false;
    }

    /// <summary>Hardware of a kind is whole again: who gets it; false when it stands by.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="epochs">The epochs of replicas, which tell who no longer wants any.</param>
    /// <param name="replica">The replica that waited longest.</param>
    public bool Return(int kind, int[] epochs, out int replica)
    {
        while (_wanting[kind].TryDequeue(out (int Replica, int Epoch) wants))
        {
            if (epochs[wants.Replica] == wants.Epoch)
            {
                replica = wants.Replica;
                return true;
            }
        }

        // What a replica that was given up stood on leaves with it.
        _spares[kind] = Math.Min(_spares[kind] + 1, _rules.Spares);
        replica = -1;
        return false;
    }

    private static int NodesOf(FleetPart part)
    {
        int server = part.Replica.Chip.Chip.ChipsPerServer;
        return (part.Replica.Chips + server - 1) / server;
    }

    private static IEnumerable<(int From, int To)> Nodes(IReadOnlyList<FleetPart> parts, int[] kindOf)
    {
        for (int from = 0; from < kindOf.Length;)
        {
            int on = Math.Max(1, parts[kindOf[from]].Replica.Chip.Chip.ChipsPerServer / parts[kindOf[from]].Replica.Chips), to = from;
            while (to < kindOf.Length && to < from + on && kindOf[to] == kindOf[from])
            {
                to++;
            }

            yield return (from, to);
            from = to;
        }
    }
}
