using Fleetwright.Serving.Simulation.Results;

namespace Fleetwright.Serving.Simulation.Fleets.Lifecycle;

/// <content>Rounds of restarts, and the autoscaler.</content>
internal sealed partial class ChangingFleet
{
    // Rounds of restarts.

    private void Restart()
    {
        while (_round is not null && _round.TryNext(() => Enumerable.Range(0, _partOf.Length).Where(i => _roster[i] != ReplicaStatus.Off), out int replica))
        {
            // One that is not up starts or will start anyway.
            if (_roster[replica] == ReplicaStatus.Up)
            {
                _round.Go(replica);
                Drain(replica);
            }
        }
    }

    // The autoscaler, of a fleet of one kind.

    private void Scale(AutoscalingRules rules)
    {
        int ready = 0, unready = 0;
        for (int i = 0; i < _partOf.Length; i++)
        {
            ready += IsRouted(i) ? 1 : 0;
            unready += !IsRouted(i) && (_roster[i] == ReplicaStatus.Starting || (_roster[i] == ReplicaStatus.Down && !_leaves[i]) || (_roster[i] == ReplicaStatus.Draining && _round?.Has(i) == true)) ? 1 : 0;
        }

        double total = Signal(rules);
        int current = ready + unready, next = _autoscaler!.Decide(_now, total, ready, unready);
        if (next == current)
        {
            return;
        }

        _scalingCount++;
        _fewest = Math.Min(_fewest, next);
        _most = Math.Max(_most, next);
        if (_scalings.Count < FleetOutcome.MostScalings)
        {
            _scalings.Add(new Scaling(Ticks.Seconds(_now), current, next, total / Math.Max(1, ready)));
        }

        for (int i = 0; i < _partOf.Length && next > current; i++)
        {
            if (_roster[i] == ReplicaStatus.Off)
            {
                Start(i, StartUpTicks(i));
                current++;
            }
        }

        // Those that do not serve yet go first, then the last.
        for (int i = _partOf.Length - 1; i >= 0 && next < current; i--)
        {
            if (_roster[i] == ReplicaStatus.Starting || (_roster[i] == ReplicaStatus.Down && _engines[_firstEngine[i]] is null))
            {
                TurnOff(i);
                current--;
            }
        }

        for (int i = _partOf.Length - 1; i >= 0 && next < current; i--)
        {
            if (_roster[i] == ReplicaStatus.Up)
            {
                Drain(i);
                current--;
            }
        }

        Restart();
    }

    private double Signal(AutoscalingRules rules)
    {
        double total = rules.Signal == ScalingSignal.Outstanding ? _parked.Count : 0;
        for (int i = 0; i < _routableCount && rules.Signal != ScalingSignal.Rate; i++)
        {
            IReplicaEngine engine = Current(i);
            total += rules.Signal == ScalingSignal.Cache ? engine.CacheTaken / _parts[0].Stages : engine.Waiting + engine.Running;
        }

        if (rules.Signal == ScalingSignal.Rate)
        {
            total = (_arrivals - _arrivalsSeen) / rules.SyncSeconds;
        }

        _arrivalsSeen = _arrivals;
        return total;
    }
}
