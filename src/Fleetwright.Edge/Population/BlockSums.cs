namespace Fleetwright.Edge.Population;

/// <summary>What a block of users adds up to. Blocks are added in their order, so that the sums do not depend on who computed them.</summary>
internal struct BlockSums
{
    public long Turns;
    public long Within;
    public long Throttled;
    public long FallenBack;
    public long EmptyUsers;
    public double Joules;
    public double JoulesSquared;
    public double Dollars;
    public double UseSeconds;
    public double UseJoules;
    public double UseJoulesSquared;

    public void Add(in BlockSums other)
    {
        Turns += other.Turns;
        Within += other.Within;
        Throttled += other.Throttled;
        FallenBack += other.FallenBack;
        EmptyUsers += other.EmptyUsers;
        Joules += other.Joules;
        JoulesSquared += other.JoulesSquared;
        Dollars += other.Dollars;
        UseSeconds += other.UseSeconds;
        UseJoules += other.UseJoules;
        UseJoulesSquared += other.UseJoulesSquared;
    }
}
