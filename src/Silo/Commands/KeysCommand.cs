using System.CommandLine;
using HeadScope.Silo.Security;

namespace HeadScope.Silo.Commands;

/// <summary>headscope-silo keys: who may speak to the server.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--keys") { Description = "The file of API keys.", Required = true, HelpName = "FILE" };
        var name = new Argument<string>("name") { Description = "Whose key it is." };
        var role = new Option<Role>("--role") { Description = "What its holder may do.", DefaultValueFactory = _ => Role.Submitter };

        var add = new Command("add", "Make a key and print its secret, this once.") { name, role, file };
        add.SetAction(
            parsed => Console.Out.WriteLine(Open(parsed.GetRequiredValue(file)).Add(parsed.GetRequiredValue(name), parsed.GetValue(role))));

        var remove = new Command("remove", "Take a key away; it stops working at once.") { name, file };
        remove.SetAction(parsed => Open(parsed.GetRequiredValue(file)).Remove(parsed.GetRequiredValue(name)));

        var list = new Command("list", "List the keys, without their secrets.") { file };
        list.SetAction(parsed =>
        {
            foreach (var key in Open(parsed.GetRequiredValue(file)).Keys)
                Console.Out.WriteLine($"{key.Name}\t{key.Role.ToString().ToLowerInvariant()}\t{key.Created:yyyy-MM-dd}");
        });
        return new Command("keys", "Make, list and take away API keys.") { add, remove, list };
    }

    static ApiKeyFile Open(string path) => new(path, TimeProvider.System);
}
