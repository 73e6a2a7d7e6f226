using System.Reflection;
using Npgsql;

namespace HeadScope.Grains.Hosting;

/// <summary>The tables of a PostgreSQL database in which silos find each other.</summary>
public static class MembershipSchema
{
    /// <summary>Creates what is missing and brings the statements up to date. Silos may be running.</summary>
    /// <exception cref="IOException">The database cannot be reached, or does not allow it.</exception>
    public static async Task ApplyAsync(string connectionString, CancellationToken cancellation)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("membership.sql")!);
        var sql = await reader.ReadToEndAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var source = NpgsqlDataSource.Create(connectionString);
            await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
            await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or ArgumentException)
        {
            throw new IOException(
                $"The membership tables could not be created: {e.Message} HEADSCOPE_POSTGRES must hold the connection string of a " +
                $"database whose user may create tables.", e);
        }
    }
}
