using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>What a source holds, from reading it once to its end: to check a file before a long run, or to know the rate that is to be scaled.</summary>
/// <param name="Requests">Requests.</param>
/// <param name="FirstSeconds">Arrival of the first.</param>
/// <param name="LastSeconds">Arrival of the last.</param>
/// <param name="PromptTokens">Tokens of all prompts.</param>
/// <param name="OutputTokens">Tokens of all answers.</param>
/// <param name="LongestPrompt">Tokens of the longest prompt.</param>
/// <param name="LongestOutput">Tokens of the longest answer.</param>
/// <param name="PromptSquares">Sum of the squares of the prompts' tokens.</param>
/// <param name="OutputSquares">Sum of the squares of the answers' tokens.</param>
public sealed record TraceSummary(
    long Requests, double FirstSeconds, double LastSeconds, long PromptTokens, long OutputTokens, int LongestPrompt, int LongestOutput, double PromptSquares, double OutputSquares)
{
    /// <summary>Tokens of a prompt.</summary>
    public LengthDistribution Prompt => Of(PromptTokens, PromptSquares);

    /// <summary>Tokens of an answer.</summary>
    public LengthDistribution Output => Of(OutputTokens, OutputSquares);

    /// <summary>Requests per second between the first and the last; 0 when they arrive at one time.</summary>
    public double PerSecond => LastSeconds > FirstSeconds ? (Requests - 1) / (LastSeconds - FirstSeconds) : 0;

    /// <summary>Reads an open loop to its end.</summary>
    /// <exception cref="Catalog.Reading.InputException">A line of the trace is wrong, or its file is cut or damaged.</exception>
    public static TraceSummary Of(IRequestSource source)
    {
        long requests = 0, first = 0, last = 0, prompts = 0, outputs = 0;
        double promptSquares = 0, outputSquares = 0;
        int longestPrompt = 0, longestOutput = 0;
        while (source.NextArrival != Ticks.Never)
        {
            Request request = source.Take();
            first = requests++ == 0 ? request.Arrival : first;
            last = request.Arrival;
            prompts += request.PromptTokens;
            outputs += request.OutputTokens;
            promptSquares += (double)request.PromptTokens * request.PromptTokens;
            outputSquares += (double)request.OutputTokens * request.OutputTokens;
            longestPrompt = Math.Max(longestPrompt, request.PromptTokens);
            longestOutput = Math.Max(longestOutput, request.OutputTokens);
        }

        return new TraceSummary(requests, Ticks.Seconds(first), Ticks.Seconds(last), prompts, outputs, longestPrompt, longestOutput, promptSquares, outputSquares);
    }

    private LengthDistribution Of(long tokens, double squares)
    {
        double mean = Requests > 0 ? (double)tokens / Requests : 0;
        return new LengthDistribution(mean, mean > 0 ? Math.Sqrt(Math.Max(0, (squares / Requests / (mean * mean)) - 1)) : 0);
    }
}
