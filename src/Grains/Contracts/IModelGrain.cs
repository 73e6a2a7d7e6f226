using Orleans.Concurrency;

namespace HeadScope.Grains.Contracts;

/// <summary>
/// A device of a silo, and the workers that keep it busy. The key is <c>DEVICE@SILO</c>, as <see cref="Placement.SiloFilterDirector"/>
/// reads it: the grain lives on that silo or nowhere.
/// </summary>
[Alias("HeadScope.IModelGrain")]
public interface IModelGrain : IGrainWithStringKey
{
    static string KeyOf(string device, string silo) => $"{device}@{silo}";

    /// <summary>Has the device worked with; without effect where it is.</summary>
    [Alias("Start"), ResponseTimeout(GrainCalls.Timeout)]
    Task<StartReply> StartAsync();

    /// <summary>Jobs came or changed: look at them now rather than later.</summary>
    [Alias("Wake"), OneWay]
    Task WakeAsync();

    /// <summary>Lets no more units be leased.</summary>
    /// <param name="abort">Whether units in work are handed back rather than finished.</param>
    /// <returns>Whether no unit is in work any more.</returns>
    [Alias("Drain"), ResponseTimeout(GrainCalls.Timeout)]
    Task<bool> DrainAsync(bool abort);

    /// <summary>The silo it is on, for people and tests.</summary>
    [Alias("Where"), ResponseTimeout(GrainCalls.Timeout)]
    Task<string> WhereAsync();
}
