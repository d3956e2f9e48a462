using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <content>Failures: what stops, what is lost, and what comes back.</content>
internal sealed partial class ChangingFleet
{
    private void FailNode(int node)
    {
        (int from, int to) = _hardware!.OnNode(node);
        long repair = _hardware.Repair(from);
        bool any = false;
        for (int replica = from; replica < to; replica++)
        {
            any |= Fail(replica, repair);
        }

        _book.Failures.NodeFailures += any ? 1 : 0;
    }

    private bool Fail(int replica, long repair)
    {
        ReplicaStatus was = _roster[replica];
        if (was is ReplicaStatus.Off or ReplicaStatus.Down)
        {
            return false;
        }

        _book.Failures.ReplicaFailures++;
        _repairs[replica] = repair;
        _believed[replica] = was == ReplicaStatus.Up;
        _leaves[replica] |= was == ReplicaStatus.Draining && _round?.Has(replica) != true;
        for (int i = _firstEngine[replica]; i < _firstEngine[replica + 1]; i++)
        {
            if (_engines[i] is { } engine)
            {
                Lose(i, engine);
            }
        }

        Set(replica, ReplicaStatus.Down);
        _events.Add(Later.Than(_now, Ticks.Of(_behaviour.Failures!.DetectionSeconds)), FleetEventKind.Detected, replica, _epochs[replica]);
        _round?.Leave(replica, restarted: false);
        return true;
    }

    private void Lose(int i, IReplicaEngine engine)
    {
        engine.AdvanceTo(_now);
        var lost = new LostEngine(engine.Waiting, engine.Running, engine.CacheTaken);
        _unfinished.Clear();
        engine.Stop(_now, _unfinished);
        Retire(i);
        foreach (UnfinishedRequest request in _unfinished)
        {
            _book.Lose(request, _now, _parts[_partOf[_replicaOf[i]]].Sink!);
            lost.Requests.Add(request.Id);
        }

        _engines[i] = lost;
    }

    private void Detect(int replica)
    {
        List<long> requests = [];
        for (int i = _firstEngine[replica]; i < _firstEngine[replica + 1]; i++)
        {
            requests.AddRange(_engines[i] is LostEngine lost ? lost.Requests : []);
            _engines[i] = null;
        }

        int kind = _partOf[replica];
        _believed[replica] = false;
        if (_leaves[replica])
        {
            TurnOff(replica);
        }
        else
        {
            _events.Add(Later.Than(_now, _repairs[replica]), FleetEventKind.Repaired, kind);
            if (_hardware!.TakeSpare(kind, replica, _epochs[replica]))
            {
                _book.Failures.SparesUsed++;
                Start(replica, StartUpTicks(replica));
            }
        }

        Reroute();
        Restart();
        _book.Failures.LostRequests += requests.Count;
        foreach (long id in requests)
        {
            if (_behaviour.Failures!.OnFailure == LostRequests.Retry)
            {
                _book.Failures.Retries++;
                Route(_book.Resume(id, _now));
            }
            else
            {
                Drop(id, kind);
            }
        }
    }
}
