using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.FrontEnds;

/// <summary>
/// The front end of a server: one process that takes requests one after another in the order in which they come, reads and tokenises each, and only then hands
/// it to the engine. To the engine it is a source whose requests arrive when it is done with them, and say in <see cref="Request.FrontEnd"/> how long it had them.
/// </summary>
/// <param name="ticksPerRequest">Time that it is busy with a request, at least.</param>
/// <param name="secondsPerToken">Further time for each token of the prompt.</param>
/// <remarks>Allocates nothing once its queue is as long as it gets.</remarks>
internal sealed class FrontEnd(long ticksPerRequest, double secondsPerToken) : IRequestSource, IState
{
    private IRequestSource? _source;
    private Request[] _queue = new Request[16];
    private int _head;
    private long _free;

    /// <summary>Requests that it has not handed on.</summary>
    public int Count { get; private set; }

    /// <summary>When the next request leaves it.</summary>
    public long NextArrival
    {
        get
        {
            // Who is next is known once nobody can come before; a client who thinks may yet be overtaken by one who has just been answered.
            while (_source is not null && _source.NextArrival is var next && next != Ticks.Never && (Count == 0 || next < First.Arrival))
            {
                Add(_source.Take());
            }

            return Count == 0 ? Ticks.Never : Left(First);
        }
    }

    private ref Request First => ref _queue[_head];

    /// <summary>Takes requests from a source from now on, or from none.</summary>
    public void Listen(IRequestSource? source) => _source = source;

    /// <summary>Takes all requests that its source has up to a time.</summary>
    public void Drain(long until)
    {
        while (_source is not null && _source.NextArrival <= until)
        {
            Add(_source.Take());
        }
    }

    /// <summary>A request comes. In the order of their arrival, and of their coming where that is equal.</summary>
    public void Add(in Request request)
    {
        if (Count == _queue.Length)
        {
            Grow();
        }

        int at = Count++;
        for (; at > 0 && this[at - 1].Arrival > request.Arrival; at--)
        {
            this[at] = this[at - 1];
        }

        this[at] = request;
    }

    /// <inheritdoc/>
    public Request Take()
    {
        if (NextArrival == Ticks.Never)
        {
            throw new InvalidOperationException("no request is ready");
        }

        Request request = Drop();
        _free = Left(request);
        return request with { Arrival = _free, FrontEnd = _free - request.Arrival };
    }

    /// <summary>Takes out the next request unread, as it came.</summary>
    public Request Drop()
    {
        Request request = First;
        _head = (_head + 1) & (_queue.Length - 1);
        Count--;
        return request;
    }

    /// <inheritdoc/>
    /// <remarks>Between windows of a run, when it listens to no source.</remarks>
    public void Transfer(StateTransfer state)
    {
        (_free, Count) = (state.Of(_free), state.Length(Count));
        if (state.Loads)
        {
            (_queue, _head) = (new Request[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, Count))], 0);
        }

        for (int i = 0; i < Count; i++)
        {
            this[i] = state.Of(this[i]);
        }
    }

    private ref Request this[int place] => ref _queue[(_head + place) & (_queue.Length - 1)];

    private long Left(in Request request) => Math.Max(_free, request.Arrival) + ticksPerRequest + Ticks.Of(secondsPerToken * request.PromptTokens);

    private void Grow()
    {
        var longer = new Request[_queue.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            longer[i] = this[i];
        }

        (_queue, _head) = (longer, 0);
    }
}
